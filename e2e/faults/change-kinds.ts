/** The kinds of change that end a key's access, with their frequency. Pure. */
import { buildChange, keyed, managed, type SomeKey } from "./requests.ts";
import type { Request } from "./wire.ts";

export interface Subject extends SomeKey {
	readonly plan_id: string;
}

/** A change that ends a key's access, and the code of the refusals afterwards. */
export interface Kind {
	readonly name: string;
	readonly code: string;
	/** Per hundred changes. */
	readonly share: number;
	/** Whether the changed resource must be used by no other key of the run. */
	readonly alone: boolean;
	change(token: string, subject: Subject): Request;
	probe(subject: Subject): Request;
}

const whoami = (subject: Subject): Request => keyed(subject.raw_key);
const sites = (subject: Subject): Request => keyed(subject.raw_key, `/tenants/${subject.tenant_id}/sites`);

const KINDS: readonly Kind[] = [
	{ name: "revoke", code: "key_revoked", share: 76, alone: false, probe: whoami, change: (token, subject) => buildChange(token, subject, "revoke") },
	{ name: "pause", code: "key_paused", share: 12, alone: false, probe: whoami, change: (token, subject) => buildChange(token, subject, "pause") },
	{
		name: "narrow",
		code: "permission_missing",
		share: 4,
		alone: false,
		probe: sites,
		change: (token, { tenant_id, id }) => managed(token, "PATCH", `/tenants/${tenant_id}/api-keys/${id}`, { permissions: ["tenant:read"] }),
	},
	{
		name: "suspend",
		code: "tenant_suspended",
		share: 4,
		alone: true,
		probe: whoami,
		change: (token, { tenant_id }) => managed(token, "PATCH", `/operator/tenants/${tenant_id}`, { status: "suspended" }),
	},
	{
		name: "replan",
		code: "capability_not_in_plan",
		share: 4,
		alone: true,
		probe: sites,
		change: (token, { plan_id }) => managed(token, "PUT", `/operator/plans/${plan_id}`, { name: plan_id, capabilities: ["documents"] }),
	},
];

/** The kinds of a hundred changes, spread evenly, so that short runs include every kind. */
export function getKind(index: number): Kind {
	const place = (index * 37) % 100;
	let sum = 0;
	for (const kind of KINDS) {
		sum += kind.share;
		if (place < sum) return kind;
	}
	throw new Error("impossible state: the shares make a hundred");
}

/** How many keys must be changed for the given number of revocations. */
export function keysFor(revocations: number): number {
	let keys = 0;
	for (let revoked = 0; revoked < revocations; keys += 1) if (getKind(keys).name === "revoke") revoked += 1;
	return keys;
}
