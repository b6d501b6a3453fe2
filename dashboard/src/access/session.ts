import { queryOptions, useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { createContext, useContext } from "react";
import { answered, api, isRefusal } from "../http/api.ts";
import type { paths } from "../http/openapi.gen.ts";
import { queries } from "../http/queries.ts";

export type Session = paths["/api/v1/session"]["get"]["responses"][200]["content"]["application/json"];
export type Membership = Session["tenants"][number];
export type Role = Membership["role"];

/** A tenant as its pages know it, and as what this person is there. */
export interface TenantOfPage extends Omit<Membership, "role"> {
	/** An operator with less of a role in the tenant than the owner's acts as the operator. */
	readonly role: Role | "operator";
}

const CHOSEN_TENANT = "keywright.tenant";

export const sessionQuery = queryOptions({ queryKey: ["session"], queryFn: () => answered(api.GET("/api/v1/session")), staleTime: 30_000 });

/** Who is signed in, or null. Only for the routes' own decisions; pages use `useSession`. */
export async function currentSession(): Promise<Session | null> {
	try {
		return await queries.fetchQuery(sessionQuery);
	} catch (error) {
		if (isRefusal(error, "credential_missing", "credential_invalid")) return null;
		throw error;
	}
}

/** Asks anew who is signed in, where an answer of before may not hold any more: after signing in, joining and leaving. */
export async function beginSession(): Promise<void> {
	queries.clear();
	await currentSession();
}

/** The session of the signed-in part of the dashboard, which is only shown when there is one. */
export function useSession(): Session {
	return useSuspenseQuery(sessionQuery).data;
}

/**
 * The tenant that the page is about: the one that the address names, else the one chosen last, else the first. Null when the person has none, or
 * is no member of the one in the address: never another one in its place.
 */
export function tenantOf(session: Session, wanted: string | undefined): TenantOfPage | null {
	const id = wanted ?? rememberedTenant();
	const found = session.tenants.find((tenant) => tenant.id === id) ?? (wanted === undefined ? session.tenants[0] : undefined);
	if (found === undefined) return null;
	return session.operator && found.role !== "owner" ? { ...found, role: "operator" } : found;
}

/** A tenant that somebody who runs the instance looks after without being a member. */
export const visitQuery = (tenant_id: string) =>
	queryOptions({
		queryKey: ["visit", tenant_id],
		async queryFn(): Promise<TenantOfPage> {
			const params = { path: { tenant_id } };
			const [{ id, name, status }, { plan }] = await Promise.all([
				answered(api.GET("/api/v1/operator/tenants/{tenant_id}", { params })),
				answered(api.GET("/api/v1/tenants/{tenant_id}/access", { params })),
			]);
			return { id, name, status, role: "operator", plan: { id: plan.id, name: plan.name } };
		},
		staleTime: 30_000,
	});

function rememberedTenant(): string | null {
	try {
		return localStorage.getItem(CHOSEN_TENANT);
	} catch {
		return null;
	}
}

export function rememberTenant(tenant_id: string): void {
	try {
		localStorage.setItem(CHOSEN_TENANT, tenant_id);
	} catch {
		// A browser that keeps nothing: the address has it.
	}
}

/** The tenant of the page, or null where `tenantOf` finds none. */
export function useTenantIfAny(): TenantOfPage | null {
	const session = useSession();
	const { tenant } = useSearch({ strict: false });
	return tenantOf(session, tenant);
}

/** What the frame found, for all that it surrounds: nothing in it is drawn for a tenant that the frame has not seen. */
export const TenantOfFrame = createContext<TenantOfPage | null>(null);

/** The tenant of the signed-in part. Throws outside of it. */
export function useTenant(): TenantOfPage {
	const found = useContext(TenantOfFrame);
	if (found === null) throw new Error("useTenant needs a page inside a tenant's frame");
	return found;
}

/** Leaves the page for another tenant's list of keys: what is open belongs to the one before. */
export function useChooseTenant(): (tenant_id: string) => void {
	const navigate = useNavigate();
	return (tenant_id) => {
		rememberTenant(tenant_id);
		void navigate({ to: "/settings/api-access", search: { tenant: tenant_id } });
	};
}

const accessQueryOf = (tenant_id: string) =>
	queryOptions({
		queryKey: ["access", tenant_id],
		queryFn: () => answered(api.GET("/api/v1/tenants/{tenant_id}/access", { params: { path: { tenant_id } } })),
	});

/** What this person may do in the tenant, and what stands in the way. */
export function useAccess() {
	return useSuspenseQuery(accessQueryOf(useTenant().id)).data;
}

/** The operator's product: its name, addresses and colours. */
export const profileQuery = queryOptions({ queryKey: ["profile"], queryFn: () => answered(api.GET("/api/v1/api-profile")), staleTime: 300_000 });

export function useProfile() {
	return useQuery(profileQuery).data ?? null;
}
