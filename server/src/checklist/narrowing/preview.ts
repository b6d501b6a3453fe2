import { assertStillAllowed, type ChangeContext } from "../../audit/change.ts";
import { AllowList, parseAllowList } from "../../core/network.ts";
import { DAY_MS } from "../../core/time.ts";
import type { DatabaseContext } from "../../database/database.ts";
import { type ReadTx, read } from "../../database/transaction.ts";
import { invalidKey, keyNotFound } from "../../keys/guards.ts";
import type { Key } from "../../keys/key.ts";
import { validatePermissions, validateSites } from "../../keys/scope.ts";
import { readKey, readSiteEnvironments } from "../../keys/store.ts";
import type { Catalogue } from "../../plans/catalogue/permission.ts";
import type { Plan } from "../../plans/plan.ts";
import { readCatalogue } from "../../plans/store.ts";
import { readTenantWithPlan } from "../../tenants/store.ts";
import { tenantNotFound } from "../../tenants/tenant.ts";
import { WINDOW_DAYS } from "../facts.ts";
import { readSiteFacts } from "../keys-store.ts";
import { type KeyedOperations, type Needs, readNeeds } from "../operations.ts";
import { type Narrowing, type ReplayedKey, type ReplayedRequests, replayRequests } from "./replay.ts";
import { readRequests, type SeenSource } from "./requests-store.ts";
import { toReplayResponse } from "./response.ts";
import type { NarrowingInput, ReplayAnswer, SuggestionAnswer } from "./schema.ts";
import { suggest } from "./suggest.ts";

interface Identified {
	readonly tenant_id: string;
	readonly key_id: string;
}

interface Recorded {
	readonly key: ReplayedKey & Pick<Key, "environment">;
	readonly plan: Plan;
	readonly catalogue: Catalogue;
	readonly rows: readonly (ReplayedRequests & SeenSource)[];
	readonly needsOf: Needs["needsOf"];
	readonly from: Date;
	readonly to: Date;
}

/** The key, and what it did in the last 30 days. */
async function readRecorded(tx: ReadTx, operations: KeyedOperations, { tenant_id, key_id }: Identified, now: number): Promise<Recorded> {
	const key = await readKey(tx, tenant_id, key_id);
	if (!key) throw keyNotFound();
	const found = await readTenantWithPlan(tx, tenant_id);
	if (!found) throw tenantNotFound();
	const { needsOf, rules_changed_on } = await readNeeds(tx, operations);
	const [from_day, today] = [now - (WINDOW_DAYS - 1) * DAY_MS, now].map((time) => new Date(time).toISOString().slice(0, 10));
	if (from_day === undefined || today === undefined) throw new Error("impossible state: two days are three");
	const catalogue = await readCatalogue(tx);
	return {
		key: {
			...{ name: key.name, environment: key.environment, permissions: key.permissions, site_ids: key.site_ids, plan: found.plan },
			allowed_ips: toAllowList(key.allowed_ips),
			catalogue: new Map([...catalogue].map(([name, { capability }]) => [name, capability])),
		},
		...{ plan: found.plan, catalogue },
		rows: await readRequests(tx, { tenant_id, key_id, from_day, today, rules_changed_on }),
		needsOf,
		from: new Date(`${from_day}T00:00:00Z`),
		to: new Date(now),
	};
}

function toAllowList(entries: readonly string[] | null): AllowList | null {
	if (entries === null) return null;
	const list = parseAllowList(entries);
	if (list instanceof AllowList) return list;
	throw invalidKey(list);
}

/**
 * Which requests of the last 30 days a narrower key would have refused. Changes nothing. 404 `not_found`; 400 `invalid_request` for a list of
 * addresses that is none, an unknown permission or site.
 */
export async function previewNarrowing(
	context: ChangeContext,
	operations: KeyedOperations,
	input: NarrowingInput & Identified,
): Promise<ReplayAnswer> {
	await assertStillAllowed(context);
	const { tenant_id, key_id: _key, allowed_ips, ...rest } = input;
	const narrowing: Narrowing = allowed_ips === undefined ? rest : { ...rest, allowed_ips: toAllowList(allowed_ips) };
	const recorded = await read(context, async (tx) => {
		const found = await readRecorded(tx, operations, input, context.clock.now());
		const { key, catalogue, plan } = found;
		const { permissions = [] } = input;
		const sites = await readSiteEnvironments(tx, tenant_id, input.site_ids ?? []);
		const errors = [
			...validatePermissions(permissions, catalogue, plan, key.permissions),
			...validateSites(input.site_ids ?? [], sites, key.environment, key.site_ids ?? []),
		];
		if (errors.length > 0) throw invalidKey(errors);
		return found;
	});
	return toReplayResponse(replayRequests(recorded.key, narrowing, recorded.rows, recorded.needsOf), recorded);
}

/** The permissions and sites that the requests of the last 30 days needed, with their replay, and where they came from. 404 `not_found`. */
export async function suggestNarrowing(context: DatabaseContext, operations: KeyedOperations, input: Identified): Promise<SuggestionAnswer> {
	return read(context, async (tx) => {
		const recorded = await readRecorded(tx, operations, input, context.clock.now());
		const { key, rows, needsOf } = recorded;
		const { permissions, site_ids, networks } = suggest(key, rows, needsOf, await readSiteFacts(tx, input.tenant_id));
		const narrowing = { ...(permissions === null ? {} : { permissions }), ...(site_ids === null ? {} : { site_ids }) };
		return { permissions, site_ids, networks, replay: toReplayResponse(replayRequests(key, narrowing, rows, needsOf), recorded) };
	});
}
