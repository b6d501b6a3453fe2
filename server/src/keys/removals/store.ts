import { sql } from "kysely";
import type { ReadTx } from "../../database/transaction.ts";
import type { Environment } from "../secrets/format.ts";

const KEYS_MAX = 200;

export interface KeyShown {
	readonly tenant_id: string;
	readonly key_id: string;
	readonly name: string;
	readonly environment: Environment;
	readonly last4: string;
	/** `shown`: in the response that issued it; `revealed`: by a one-time link that was mailed to their address. */
	readonly how: "shown" | "revealed";
	readonly at: Date;
}

/** Guarantee: the column has a check constraint with exactly these values. */
function asEnvironment(environment: string): Environment {
	return environment as Environment;
}

/** Live keys of which this person has seen a live secret, newest first, each once; `tenant_id` null for those of all tenants. */
export async function readKeysShownTo(
	tx: ReadTx,
	tenant_id: string | null,
	person: { kind: "member" | "operator"; id: string; email: string | null },
	now: Date,
): Promise<KeyShown[]> {
	const shown = sql<boolean>`coalesce(s.shown_to ->> 'kind' = ${person.kind} and s.shown_to ->> 'id' = ${person.id}, false)`;
	// A handover's `claimed_at` equals the `created_at` of the secret that it issued.
	const revealed = sql<boolean>`exists (select from keywright.handovers h where h.tenant_id = s.tenant_id and h.key_id = s.key_id
		and h.claimed_at = s.created_at and h.email = ${person.email})`;
	const rows = await tx
		.selectFrom("secrets as s")
		.innerJoin("keys as k", (join) => join.onRef("k.tenant_id", "=", "s.tenant_id").onRef("k.id", "=", "s.key_id"))
		.select(["k.tenant_id", "k.id as key_id", "k.name", "k.environment", "s.last4", "s.created_at as at", shown.as("shown")])
		.$if(tenant_id !== null, (query) => query.where("s.tenant_id", "=", tenant_id ?? ""))
		// A canary key gives no access that would have to be replaced.
		.where("k.canary", "=", false)
		.where("s.retired_at", "is", null)
		.where("k.revoked_at", "is", null)
		.where((where) => where.or([where("s.retires_at", "is", null), where("s.retires_at", ">", now)]))
		.where((where) => where.or([where("k.expires_at", "is", null), where("k.expires_at", ">", now)]))
		.where(sql<boolean>`(${shown} or ${revealed})`)
		.orderBy("s.created_at", "desc")
		.limit(KEYS_MAX)
		.execute();
	const seen = new Set<string>();
	const keys = rows.filter(({ key_id }) => !seen.has(key_id) && seen.add(key_id));
	return keys.map(({ shown, environment, ...key }) => ({ ...key, environment: asEnvironment(environment), how: shown ? "shown" : "revealed" }));
}
