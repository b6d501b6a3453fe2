import { queryOptions, useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { createContext, useContext } from "react";
import { answered, api, isApiError } from "../http/api.ts";
import { cacheRoots } from "../http/cache-roots.ts";
import type { paths } from "../http/openapi.gen.ts";
import { queries } from "../http/queries.ts";

export type Session = paths["/api/v1/session"]["get"]["responses"][200]["content"]["application/json"];
export type Membership = Session["tenants"][number];
export type Role = Membership["role"];

/** The tenant of a page and this person's role in it. */
export interface TenantOfPage extends Omit<Membership, "role"> {
	/** "operator" for an operator who is not an owner of the tenant. */
	readonly role: Role | "operator";
}

const CHOSEN_TENANT = "keywright.tenant";

export const sessionQuery = queryOptions({ queryKey: cacheRoots.session, queryFn: () => answered(api.GET("/api/v1/session")), staleTime: 30_000 });

let seen_path = "";

/**
 * The signed-in person, or null, at a navigation to `path`. Only for the router's redirects; pages use `useSession`. Opening a dialog stays on the
 * path and does not wait for the server, whose next answer says whether the session has ended.
 */
export async function sessionAt(path: string): Promise<Session | null> {
	const known = path === seen_path ? queries.getQueryData(sessionQuery.queryKey) : undefined;
	if (known !== undefined) return known;
	const session = await currentSession();
	seen_path = path;
	return session;
}

/** The signed-in person, or null. */
export async function currentSession(): Promise<Session | null> {
	try {
		return await queries.fetchQuery(sessionQuery);
	} catch (error) {
		if (isApiError(error, "credential_missing", "credential_invalid")) return null;
		throw error;
	}
}

/** Refetches the session where the cached one may be stale: after signing in, joining and leaving. */
export async function beginSession(): Promise<void> {
	queries.clear();
	await currentSession();
}

/** The session. Only for pages behind the sign-in, which are rendered only with one. */
export function useSession(): Session {
	return useSuspenseQuery(sessionQuery).data;
}

/**
 * The tenant of the page: the one in the address, else the one chosen last, else the first. Null when the person has none, or is not a member of
 * the one in the address, which is never replaced by another tenant.
 */
export function findTenant(session: Session, wanted: string | undefined): TenantOfPage | null {
	const id = wanted ?? rememberedTenant();
	const found = session.tenants.find((tenant) => tenant.id === id) ?? (wanted === undefined ? session.tenants[0] : undefined);
	if (found === undefined) return null;
	return session.operator && found.role !== "owner" ? { ...found, role: "operator" } : found;
}

/** Fetches a tenant for an operator who is not a member of it. */
export const visitQuery = (tenant_id: string) =>
	queryOptions({
		queryKey: cacheRoots.visit(tenant_id),
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
		// Storage may be blocked; the address still names the tenant.
	}
}

export function useTenantIfAny(): TenantOfPage | null {
	const session = useSession();
	const { tenant } = useSearch({ strict: false });
	return findTenant(session, tenant);
}

/** The tenant that the frame loaded. Pages inside the frame render only after it is known. */
export const TenantOfFrame = createContext<TenantOfPage | null>(null);

/** The tenant of the frame around the page. Throws outside of a frame. */
export function useTenant(): TenantOfPage {
	const found = useContext(TenantOfFrame);
	if (found === null) throw new Error("useTenant needs a page inside a tenant's frame");
	return found;
}

/** Opens another tenant's list of keys; the current page belongs to the previous tenant. */
export function useChooseTenant(): (tenant_id: string) => void {
	const navigate = useNavigate();
	return (tenant_id) => {
		rememberTenant(tenant_id);
		void navigate({ to: "/settings/api-access", search: { tenant: tenant_id } });
	};
}

export const accessQuery = (tenant_id: string) =>
	queryOptions({
		queryKey: cacheRoots.access(tenant_id),
		queryFn: () => answered(api.GET("/api/v1/tenants/{tenant_id}/access", { params: { path: { tenant_id } } })),
	});

/** What this person may do in the tenant, and why not. */
export function useAccess() {
	return useSuspenseQuery(accessQuery(useTenant().id)).data;
}

/** The product's name, addresses and colours, as the operator set them. */
export const profileQuery = queryOptions({
	queryKey: cacheRoots.profile,
	queryFn: () => answered(api.GET("/api/v1/api-profile")),
	staleTime: 300_000,
});

export function useProfile() {
	return useQuery(profileQuery).data ?? null;
}
