import Type, { type Static } from "typebox";
import { readOperator } from "../../access/operators/store.ts";
import type { ChangeContext } from "../../audit/change.ts";
import { type CallerContext, ROLES, type Role, roleSuffices } from "../../core/caller.ts";
import { ApiError } from "../../core/error.ts";
import { read } from "../../database/transaction.ts";
import { type Route, route } from "../../http/route.ts";
import { ENDED_KINDS, type EndersContext, findMade } from "../../tenants/team/ending.ts";
import { isCaller, memberNotFound } from "../../tenants/team/member.ts";
import { readMember } from "../../tenants/team/member-store.ts";
import { EnvironmentName, orNull, Time } from "../secrets/schema-parts.ts";
import { readKeysShownTo } from "./store.ts";

const ending = {
	kind: Type.Enum([...ENDED_KINDS]),
	id: Type.String(),
	name: orNull(Type.String({ description: "Name of the key or person, or the address; null for an invitation without an address" })),
};
const shown = {
	key_id: Type.String(),
	name: Type.String(),
	environment: EnvironmentName,
	last4: Type.String(),
	how: Type.Enum(["shown", "revealed"]),
	at: Time,
};
const ENDS = { description: "Unused links and invitations of this person, which end" };
const SHOWN = {
	description: "Live keys whose raw key this person was shown, or revealed by a link mailed to them; at most 200. They continue to work",
};

const RemovalPreview = Type.Object({ ends: Type.Array(Type.Object(ending), ENDS), keys_shown: Type.Array(Type.Object(shown), SHOWN) });
type RemovalPreview = Static<typeof RemovalPreview>;

const OperatorRemovalPreview = Type.Object({
	ends: Type.Array(Type.Object({ ...ending, tenant_id: orNull(Type.String({ description: "Null for what belongs to no tenant" })) }), ENDS),
	keys_shown: Type.Array(Type.Object({ ...shown, tenant_id: Type.String() }), SHOWN),
});
type OperatorRemovalPreview = Static<typeof OperatorRemovalPreview>;

type PreviewContext = ChangeContext & CallerContext & EndersContext;

/**
 * What ends when a member is removed, leaves or, with `role`, gets that role, and the keys whose raw key they have seen. Changes nothing.
 * 404 `not_found`; 403 `role_not_allowed` for another member, unless the caller is an owner.
 */
export async function previewRemoval(context: PreviewContext, input: { tenant_id: string; member_id: string; role?: Role }): Promise<RemovalPreview> {
	const { tenant_id, member_id, role } = input;
	const { caller } = context;
	if (!isCaller({ id: member_id }, caller) && "role" in caller && !roleSuffices(caller.role, "owner")) throw ownersOnly();
	return read(context, async (tx) => {
		const member = await readMember(tx, tenant_id, member_id);
		if (!member) throw memberNotFound();
		const now = new Date(context.clock.now());
		const ending = { makers: [{ kind: "member", id: member_id }] as const, role_left: role ?? null, now, ended_by: context.actor, because: "" };
		const ends = await findMade(tx, context, ending);
		const shown = await readKeysShownTo(tx, tenant_id, { kind: "member", id: member_id, email: member.email }, now);
		return {
			ends: ends.map(({ kind, id, name }) => ({ kind, id, name })),
			keys_shown: shown.map(({ tenant_id: _own, at, ...key }) => ({ ...key, at: at.toISOString() })),
		};
	});
}

/** What ends when an operator is removed, in all tenants, and the keys whose raw key they have seen. Changes nothing. 404 `not_found`. */
export async function previewOperatorRemoval(context: PreviewContext, input: { person_id: string }): Promise<OperatorRemovalPreview> {
	const { person_id: id } = input;
	return read(context, async (tx) => {
		const operator = await readOperator(tx, id);
		if (!operator) throw new ApiError("not_found", "There is no operator with this id.");
		const now = new Date(context.clock.now());
		const person = { kind: "operator", id } as const;
		const ends = await findMade(tx, context, { makers: [person], role_left: null, now, ended_by: context.actor, because: "" });
		const keys = await readKeysShownTo(tx, null, { ...person, email: operator.email }, now);
		return { ends, keys_shown: keys.map(({ at, ...key }) => ({ ...key, at: at.toISOString() })) };
	});
}

function ownersOnly(): ApiError {
	return new ApiError("role_not_allowed", "Only an owner may preview the removal of another member. Ask an owner of the tenant.", {
		members: { role_needed: "owner" },
	});
}

export const removalRoutes: readonly Route<PreviewContext>[] = [
	route({
		method: "GET",
		path: "/api/v1/tenants/:tenant_id/members/:member_id/removal-preview",
		access: "viewer",
		summary: "What ends when a member is removed or their role changes, and the keys whose secret they have seen",
		status: 200,
		query: Type.Object({ role: Type.Optional(Type.Enum([...ROLES])) }, { additionalProperties: false }),
		output: RemovalPreview,
		run: previewRemoval,
	}),
];

export const operatorRemovalRoutes: readonly Route<PreviewContext>[] = [
	route({
		method: "GET",
		path: "/api/v1/operator/operators/:person_id/removal-preview",
		access: "operator",
		summary: "What ends when an operator is removed, and the keys whose secret they have seen",
		status: 200,
		output: OperatorRemovalPreview,
		run: previewOperatorRemoval,
	}),
];
