import { queryOptions, useQueryClient } from "@tanstack/react-query";
import { ROLE_WORDS } from "../access/roles.ts";
import { readAllPages } from "../http/all-pages.ts";
import { answered, api } from "../http/api.ts";
import { cacheRoots } from "../http/cache-roots.ts";
import { assertUnchanged } from "../http/meanwhile.ts";
import type { paths } from "../http/openapi.gen.ts";
import { SHARED_STATE } from "../http/queries.ts";

const MEMBERS = "/api/v1/tenants/{tenant_id}/members";
const INVITATIONS = "/api/v1/tenants/{tenant_id}/invitations";

export type Member = paths[typeof MEMBERS]["get"]["responses"][200]["content"]["application/json"]["data"][number];
export type Invitation = paths[typeof INVITATIONS]["get"]["responses"][200]["content"]["application/json"]["data"][number];
export type MadeInvitation = paths[typeof INVITATIONS]["post"]["responses"][201]["content"]["application/json"];

const REMOVAL = "/api/v1/tenants/{tenant_id}/members/{member_id}/removal-preview";
export type RemovalPreview = paths[typeof REMOVAL]["get"]["responses"][200]["content"]["application/json"];

const PORTAL_SESSIONS = "/api/v1/tenants/{tenant_id}/portal-sessions";

export type PortalSession = paths[typeof PORTAL_SESSIONS]["get"]["responses"][200]["content"]["application/json"]["data"][number];

const getPath = (tenant_id: string) => ({ path: { tenant_id } });

async function readMembers(tenant_id: string): Promise<{ data: Member[] }> {
	return { data: await readAllPages((query) => answered(api.GET(MEMBERS, { params: { ...getPath(tenant_id), query } }))) };
}

export const membersQuery = (tenant_id: string) =>
	queryOptions({
		queryKey: [...cacheRoots.team(tenant_id), "members"],
		queryFn: () => readMembers(tenant_id),
		...SHARED_STATE,
	});

/** Throws `ChangedMeanwhile` unless the member is as the person saw them. */
export function assertMemberUnchanged(tenant_id: string, seen: Member, onNow: (now: Member) => void): Promise<void> {
	return assertUnchanged({
		seen,
		read: async () => (await readMembers(tenant_id)).data.find(({ id }) => id === seen.id) ?? null,
		fields: [
			{ name: "Role", format: ({ role }) => ROLE_WORDS[role].name },
			{ name: "Name", format: ({ name }) => name },
		],
		gone: `${seen.name} is no longer on the team.`,
		onNow,
	});
}

/** The API's maximum page size. At most 100 invitations are pending. */
const INVITATIONS_SHOWN_MAX = 200;

export const invitationsQuery = (tenant_id: string) =>
	queryOptions({
		queryKey: [...cacheRoots.team(tenant_id), "invitations"],
		queryFn: () => answered(api.GET(INVITATIONS, { params: { ...getPath(tenant_id), query: { limit: INVITATIONS_SHOWN_MAX } } })),
		...SHARED_STATE,
	});

/** What ends when the member is removed or gets `role`. Refetched each time that the dialog opens. */
export const removalPreviewQuery = (tenant_id: string, member_id: string, role?: Member["role"]) =>
	queryOptions({
		queryKey: [...cacheRoots.team(tenant_id), "removal", member_id, role],
		queryFn: () => answered(api.GET(REMOVAL, { params: { path: { tenant_id, member_id }, query: role === undefined ? {} : { role } } })),
		gcTime: 0,
		staleTime: 0,
	});

export const PORTAL_SESSIONS_SHOWN_MAX = 100;

/** Portal sessions and pending portal links. */
export const portalSessionsQuery = (tenant_id: string) =>
	queryOptions({
		queryKey: [...cacheRoots.team(tenant_id), "portal-sessions"],
		queryFn: () => answered(api.GET(PORTAL_SESSIONS, { params: { ...getPath(tenant_id), query: { limit: PORTAL_SESSIONS_SHOWN_MAX } } })),
	});

export async function endPortalSession(tenant_id: string, portal_session_id: string): Promise<true> {
	await answered(api.DELETE(`${PORTAL_SESSIONS}/{portal_session_id}`, { params: { path: { tenant_id, portal_session_id } } }));
	return true;
}

/** Invalidates every query on the team and on the person's access. */
export function useTeamChanged(tenant_id: string): () => Promise<void> {
	const queries = useQueryClient();
	return async () => {
		const keys = [cacheRoots.team(tenant_id), cacheRoots.access(tenant_id), cacheRoots.session];
		await Promise.all(keys.map((queryKey) => queries.invalidateQueries({ queryKey })));
	};
}

export function changeRole(tenant_id: string, member_id: string, role: Member["role"]): Promise<Member> {
	return answered(api.PATCH(`${MEMBERS}/{member_id}`, { params: { path: { tenant_id, member_id } }, body: { role } }));
}

export async function removeMember(tenant_id: string, member_id: string): Promise<true> {
	await answered(api.DELETE(`${MEMBERS}/{member_id}`, { params: { path: { tenant_id, member_id } } }));
	return true;
}

export function invite(tenant_id: string, body: { email?: string; role: Member["role"] }): Promise<MadeInvitation> {
	return answered(api.POST(INVITATIONS, { params: getPath(tenant_id), body }));
}

export async function cancelInvitation(tenant_id: string, invitation_id: string): Promise<true> {
	await answered(api.DELETE(`${INVITATIONS}/{invitation_id}`, { params: { path: { tenant_id, invitation_id } } }));
	return true;
}
