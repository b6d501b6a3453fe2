// A realistic population: many tenants on one plan with many keys, inserted directly into the tables.
import { randomBytes } from "node:crypto";
import pg from "pg";
import { newId } from "../server/src/core/id.ts";
import type { Peppers } from "../server/src/core/pepper.ts";
import type { Budget } from "../server/src/keys/budgets/budget.ts";
import { makeRawKey, newKid, newSecret, parseRawKey } from "../server/src/keys/secrets/format.ts";
import { MAC_VERSION, secretMac } from "../server/src/keys/secrets/mac.ts";
import type { Source } from "../server/src/usage/sources/source.ts";

export const TENANTS = 1_000;
const BATCH_KEYS = 5_000;

/** What keys have beyond the usual. */
export interface PopulationOptions {
	/** Every how many keys one has expired. Default: none. */
	readonly expired_every?: number;
	/** The budgets of each key. Default: none. */
	readonly budgets?: readonly Budget[];
	/** The source that has used the key with this place for two days. Default: none, so that each key's first request is news of a new source. */
	readonly sourceOf?: (place: number) => Source;
}

export interface Population {
	readonly raw_keys: readonly string[];
}

const PLAN_LIMITS = JSON.stringify({ sites: null, api_keys: null, documents: null, storage_bytes: null, document_bytes: null });
/** So high that every request is charged and none is refused. */
const RATE_LIMITS = JSON.stringify([{ name: "burst", requests: 1_000_000_000, window_seconds: 60, per: "key" }]);

/** Inserts `keys` used keys of TENANTS tenants; returns the raw keys. The role of `owner_url` must bypass row-level security. */
export async function populate(owner_url: string, peppers: Peppers, keys: number, options: PopulationOptions = {}): Promise<Population> {
	const { expired_every, budgets = [], sourceOf } = options;
	const client = new pg.Client({ connectionString: owner_url });
	await client.connect();
	const run = randomBytes(4).toString("hex");
	const plan_id = `bench_${run}`;
	const tenant_ids = Array.from({ length: TENANTS }, (_, index) => `bench_${run}_${index}`);
	await client.query("begin");
	await client.query(
		"insert into keywright.plans (id, name, capabilities, rate_limits, quota_requests_per_month, limits) values ($1, 'Bench', '{m2m_api}', $2, null, $3)",
		[plan_id, RATE_LIMITS, PLAN_LIMITS],
	);
	await client.query("insert into keywright.tenants (id, name, plan_id) select id, id, $2 from unnest($1::text[]) as t (id)", [tenant_ids, plan_id]);
	const raw_keys: string[] = [];
	for (let from = 0; from < keys; from += BATCH_KEYS) {
		const rows = Array.from({ length: Math.min(BATCH_KEYS, keys - from) }, (_, index) => {
			const tenant_id = tenant_ids[(from + index) % TENANTS] ?? "";
			const key = { key_id: newId("key"), kid: newKid(), tenant_id, environment: "prod" as const };
			const secret = newSecret();
			const raw_key = makeRawKey({ brand: "kw", environment: "prod", kid: key.kid, secret });
			raw_keys.push(raw_key);
			const source = sourceOf?.(from + index);
			return { ...key, mac: secretMac(peppers.current, key, secret), last4: parseRawKey("kw", raw_key)?.last4 ?? "", source };
		});
		await client.query(
			`insert into keywright.keys (tenant_id, id, name, environment, owner, permissions, created_by, budgets, expires_at)
			select tenant_id, id, 'prod-bench', 'prod', '{"name":"bench"}', '{tenant:read}', '{"kind":"system","name":"bench"}', $4::jsonb,
				case when place % $3::integer = 0 then now() - interval '1 day' end
			from unnest($1::text[], $2::text[]) with ordinality as k (tenant_id, id, place)`,
			[rows.map((row) => row.tenant_id), rows.map((row) => row.key_id), expired_every ?? BATCH_KEYS + 1, JSON.stringify(budgets)],
		);
		await client.query(
			`insert into keywright.secrets (kid, tenant_id, key_id, mac, mac_version, pepper_id, last4)
			select kid, tenant_id, key_id, mac, $6, $7, last4
			from unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::text[]) as s (kid, tenant_id, key_id, mac, last4)`,
			[
				rows.map((row) => row.kid),
				rows.map((row) => row.tenant_id),
				rows.map((row) => row.key_id),
				rows.map((row) => row.mac),
				rows.map((row) => row.last4),
				MAC_VERSION,
				peppers.current.id,
			],
		);
		await client.query(
			"insert into keywright.secret_activity (kid, tenant_id, first_used_at, last_used_at) select kid, tenant_id, now() - interval '2 days', now() from unnest($1::text[], $2::text[]) as s (kid, tenant_id)",
			[rows.map((row) => row.kid), rows.map((row) => row.tenant_id)],
		);
		const known = rows.flatMap(({ source, ...row }) => (source === undefined ? [] : [{ ...row, source }]));
		await client.query(
			`insert into keywright.key_sources (tenant_id, key_id, source_id, network, agent, first_seen_at, last_seen_at, requests, refused, last_kid)
			select tenant_id, key_id, source_id, network, agent, now() - interval '2 days', now(), 1, 0, kid
			from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) as s (tenant_id, key_id, source_id, network, agent, kid)`,
			[
				known.map((row) => row.tenant_id),
				known.map((row) => row.key_id),
				known.map((row) => row.source.id),
				known.map((row) => row.source.network),
				known.map((row) => row.source.agent),
				known.map((row) => row.kid),
			],
		);
	}
	await client.query("commit");
	await client.query("analyze keywright.keys, keywright.secrets, keywright.secret_activity, keywright.key_sources, keywright.tenants");
	await client.end();
	return { raw_keys };
}
