import { equal, ok } from "node:assert/strict";
import { after, before, test } from "node:test";
import { type RotationFixture, rotationFixture } from "../../../testing/rotations.ts";
import { type MadeKey, newQuestion, type Process } from "../../../testing/verification.ts";
import { parseAddress } from "../../core/network.ts";
import { DAY_MS, SECOND_MS } from "../../core/time.ts";
import { updateKeySettings } from "../../keys/update.ts";
import { CHECKED_OPERATIONS } from "../../routes.ts";
import { createSite } from "../../tenants/sites/sites.ts";
import { getSource } from "../../usage/sources/source.ts";
import { toOperation } from "../../verification/operation.ts";
import type { Question } from "../../verification/question.ts";
import { previewNarrowing } from "./preview.ts";
import type { NarrowingInput } from "./schema.ts";

/** 100,000 with `KEYWRIGHT_TEST_TRACE=100000`. */
const DECISIONS = Number(process.env.KEYWRIGHT_TEST_TRACE ?? 1_200);
const NARROWINGS = 200;
const DAYS = 30;
const CAPABILITIES = ["m2m_api", "documents"];
const PERMISSIONS = ["documents:read", "documents:write", "key:rotate", "sites:read", "tenant:read", "usage:read"];
const SITES = ["shop", "depot", "office"];
/** Of each network. */
const ADDRESSES = 32;
const NETWORKS = ["203.0.113", "198.51.100", "192.0.2"];
const ENTRIES = [...NETWORKS.map((network) => `${network}.0/24`), "203.0.113.0/25", "198.51.100.8", "192.0.0.0/16", "2001:db8::/32"];

let fixture: RotationFixture;
before(async () => {
	fixture = await rotationFixture();
});
after(() => fixture.close());

/** The same numbers at each run (mulberry32). */
function seeded(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
	};
}

type Asked = Pick<Question, "operation" | "permissions" | "capability" | "site_id" | "address" | "source">;

function newAsked(random: () => number): Asked {
	const one = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
	const permissions = one([[], ["documents:read"], ["documents:read", "documents:write"], ["tenant:read"], ["sites:read", "usage:read"]]);
	const capability = permissions.length === 0 ? one([null, "documents"]) : null;
	const address = parseAddress(`${one(NETWORKS)}.${Math.floor(random() * ADDRESSES) * 8}`);
	return {
		operation: toOperation(permissions, capability ?? undefined, "GET"),
		...{ permissions, capability, address, site_id: one([null, ...SITES]) },
		source: getSource(address, one(["order-bot/1", "crm-sync/2"]), null),
	};
}

function newNarrowing(random: () => number): NarrowingInput {
	const some = (values: readonly string[]) => values.filter(() => random() < 0.7);
	return {
		...(random() < 0.6 ? { permissions: some(PERMISSIONS) } : {}),
		...(random() < 0.4 ? { site_ids: some(SITES) } : {}),
		...(random() < 0.3 ? { allowed_ips: some(ENTRIES) } : {}),
		...(random() < 0.2 ? { capabilities: some(CAPABILITIES) } : {}),
	};
}

/** Equal questions, which get the same decision, with their number. */
function toDistinct(trace: readonly Asked[]): { asked: Asked; times: number }[] {
	const groups = Map.groupBy(trace, ({ operation, site_id, address }) => `${operation} ${site_id} ${address?.text}`);
	return [...groups.values()].flatMap((group) => (group[0] === undefined ? [] : [{ asked: group[0], times: group.length }]));
}

/** Asks day by day; each request is allowed, and counted. */
async function recordTrace(key: MadeKey, random: () => number): Promise<Asked[]> {
	const trace: Asked[] = [];
	let running: Process = fixture.main;
	for (let day = 0; day < DAYS; day += 1) {
		if (day > 0) await fixture.pass(DAY_MS / SECOND_MS);
		if (day % 5 === 4) running = await fixture.second();
		for (let made = 0; made < DECISIONS / DAYS; made += 1) {
			const asked = newAsked(random);
			const { denial } = await running.ask(key.raw_key, asked);
			equal(denial, null);
			trace.push(asked);
		}
	}
	await fixture.pass(1);
	return trace;
}

test("a replay of 200 random narrowings refuses what the verifier refuses of a key that was narrowed like this", async () => {
	const { verification, main } = fixture;
	const random = seeded(35);
	const tenant_id = await verification.tenant(main.node);
	for (const site_id of SITES) await createSite(fixture.context(), { tenant_id, id: site_id, name: site_id });
	const key = await fixture.key(tenant_id, { permissions: PERMISSIONS });
	const trace = await recordTrace(key, random);
	const distinct = toDistinct(trace);
	const judge = await fixture.second();
	const twin = await fixture.key(tenant_id, { permissions: PERMISSIONS });
	const context = () => fixture.context({ node: judge.node });
	const outcomes = { exact: 0, range: 0, refusing: 0 };
	for (let round = 0; round < NARROWINGS; round += 1) {
		const narrowing = newNarrowing(random);
		const { permissions = PERMISSIONS, site_ids = null, allowed_ips = null, capabilities } = narrowing;
		await updateKeySettings(context(), { tenant_id, key_id: twin.key_id, permissions, site_ids, allowed_ips });
		const found = await previewNarrowing(fixture.context(), CHECKED_OPERATIONS, { tenant_id, key_id: key.key_id, ...narrowing });
		if (capabilities !== undefined) await verification.plan(judge.node, `plan-${tenant_id}`, { capabilities });
		let refused = 0;
		for (const { asked, times } of distinct) if ((await judge.verifier.examine(newQuestion(twin.raw_key, asked))).denial !== null) refused += times;
		if (capabilities !== undefined) await verification.plan(judge.node, `plan-${tenant_id}`, { capabilities: CAPABILITIES });
		const named = JSON.stringify({ narrowing, refused, found: { ...found, refused: [] } });
		equal(found.requests, trace.length, named);
		equal(found.unknown, false, named);
		if (found.exact) equal(found.would_refuse, refused, named);
		ok(found.would_refuse <= refused && refused <= found.would_refuse_at_most, named);
		// Only addresses inside of a network are not known.
		if (allowed_ips === null) equal(found.exact, true, named);
		outcomes[found.exact ? "exact" : "range"] += 1;
		if (refused > 0 && refused < trace.length) outcomes.refusing += 1;
	}
	ok(outcomes.exact > 120 && outcomes.range > 10 && outcomes.refusing > 80, JSON.stringify(outcomes));
});
