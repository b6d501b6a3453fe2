import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { after, before, test } from "node:test";
import { testLog } from "../../testing/database.ts";
import { getCode, type MadeKey, newQuestion, type Process, type VerificationFixture, verificationFixture } from "../../testing/verification.ts";
import { verifyChain } from "../audit/verify.ts";
import { parseAddress } from "../core/network.ts";
import { createSite } from "../tenants/sites/sites.ts";
import { type LiveForwardAuth, liveForwardAuth } from "./live.ts";
import { RuleMatcher } from "./matcher.ts";
import { getRequirements } from "./requirements.ts";
import { getForwardAuthRules, putForwardAuthRules } from "./rules.ts";
import type { RuleInput, TestInput } from "./schema.ts";
import { testForwardAuth } from "./tester.ts";

let fixture: VerificationFixture;
let first: Process;
let second: Process;
let live: { readonly first: LiveForwardAuth; readonly second: LiveForwardAuth };
let tenant_id: string;
let key: MadeKey;

before(async () => {
	fixture = await verificationFixture();
	first = await fixture.process();
	second = await fixture.process();
	const { database } = fixture;
	live = {
		first: liveForwardAuth({ database, node: first.node, log: testLog }),
		second: liveForwardAuth({ database, node: second.node, log: testLog }),
	};
	await live.first.current();
	await live.second.current();
	tenant_id = await fixture.tenant(first.node, { rate_limits: [{ name: "burst", requests: 5, window_seconds: 60, per: "key" }] });
	await createSite(fixture.context(first.node), { tenant_id, id: "shop", name: "Shop" });
	key = await fixture.key(first.node, tenant_id, { permissions: ["documents:read"] });
});
after(() => fixture.close());

const put = (...rules: RuleInput[]) => putForwardAuthRules(fixture.context(first.node), { rules });
const tester = (input: TestInput) => testForwardAuth({ ...fixture.context(first.node), verifier: first.verifier, forward_auth: live.first }, input);

function refusedAt(...pointers: string[]) {
	return (error: unknown) => {
		ok(error !== null && typeof error === "object" && "metadata" in error);
		const { errors } = error.metadata as { errors: { pointer: string }[] };
		deepEqual(
			errors.map(({ pointer }) => pointer),
			pointers,
		);
		return true;
	};
}

test("there are no rules until they are set", async () => {
	deepEqual(await getForwardAuthRules(fixture.context(first.node)), { rules: [], updated_at: null });
	equal(live.first.known.rules.length, 0);
});

test("rules are replaced whole, with their defaults; the same again changes nothing", async () => {
	const answer = await put({ pattern: "/a", note: "" }, { pattern: "/b/*", methods: ["GET"], permissions: ["documents:read"], cost: 3 });
	const filled = { methods: null, permissions: [], capability: null, cost: 1, limits: [], budgets: {}, note: null };
	deepEqual(answer.rules, [
		{ ...filled, pattern: "/a" },
		{ ...filled, pattern: "/b/*", methods: ["GET"], permissions: ["documents:read"], cost: 3 },
	]);
	deepEqual(await getForwardAuthRules(fixture.context(second.node)), answer);
	fixture.clock.advance(1_000);
	deepEqual(await put(...answer.rules.map((rule) => ({ ...rule, methods: rule.methods === null ? null : [...rule.methods] }) as RuleInput)), answer);
	await put({ pattern: "/c" });
	ok((await verifyChain(fixture.context(first.node), "*")).intact);
	const written = await fixture.behind(
		"select action, details -> 'facts' as facts from keywright.audit_entries where action like 'forward%' order by seq",
	);
	deepEqual(
		written.map(({ action }) => action),
		["forward_auth_rules.updated", "forward_auth_rules.updated"],
	);
	const last = written.at(-1);
	ok(last !== undefined);
	deepEqual((last.facts as { rules: unknown }).rules, [{ ...filled, pattern: "/c" }]);
});

test("a change has reached every node when it was answered", async () => {
	await put({ pattern: "/old" });
	await live.second.current();
	for (let round = 0; round < 5; round += 1) {
		await put({ pattern: `/round-${round}` });
		ok(live.second.isBehind || live.second.known.rules[0]?.rule.pattern === `/round-${round}`, "the other node knows, or knows that it does not");
		equal((await live.second.current()).rules[0]?.rule.pattern, `/round-${round}`);
	}
});

test("what is wrong with rules is said at once, each in its place, and nothing is changed", async () => {
	await put({ pattern: "/kept" });
	await rejects(
		put({ pattern: "/a" }, { pattern: "a" }, { pattern: "/a", methods: ["GET"] }, { pattern: "/:tenant/x" }),
		refusedAt("/rules/1/pattern", "/rules/2", "/rules/3/pattern"),
	);
	await rejects(
		put({ pattern: "/a", permissions: ["documents:read", "nobody:knows"] }, { pattern: "/b", permissions: ["no:such"] }),
		refusedAt("/rules/0/permissions/1", "/rules/1/permissions/0"),
	);
	await rejects(
		put({
			pattern: "/a",
			limits: [
				{ name: "x", cost: 1 },
				{ name: "x", cost: 2 },
			],
		}),
		refusedAt("/rules/0/limits/1/name"),
	);
	equal((await getForwardAuthRules(fixture.context(first.node))).rules[0]?.pattern, "/kept");
});

test("a rule names costs in budgets, 0 among them; rules that an earlier version stored have none", async () => {
	const [rule] = (await put({ pattern: "/exports", budgets: { credits: 25, calls: 0 } })).rules;
	deepEqual(rule?.budgets, { credits: 25, calls: 0 });
	const found = getRequirements(await live.second.current(), "GET", "/exports");
	deepEqual(
		"code" in found ? found : found.budgets,
		new Map([
			["calls", 0],
			["credits", 25],
		]),
	);
	const tested = await tester({ method: "GET", uri: "/exports" });
	deepEqual(tested.budgets, { credits: 25, calls: 0 });
	await fixture.behind("update keywright.forward_auth_rules set rules = jsonb_set(rules, '{0}', (rules -> 0) - 'budgets')");
	deepEqual((await getForwardAuthRules(fixture.context(first.node))).rules[0]?.budgets, {});
	deepEqual(new RuleMatcher((await getForwardAuthRules(fixture.context(first.node))).rules).rules[0]?.budgets, null);
});

test("the tester says what a request would get, by a draft as well as by the rules that hold", async () => {
	await put({ pattern: "/nothing" });
	const rules = [
		{ pattern: "/tenants/:tenant_id/sites/:site_id/*", methods: ["GET"], permissions: ["documents:read"], cost: 2 },
		{ pattern: "/tenants/:tenant_id/sites/:site_id/*", permissions: ["documents:write"] },
		{ pattern: "/tenants/:tenant_id/export", permissions: [] },
	];
	const ask = (method: string, uri: string, more: Partial<TestInput> = {}) => tester({ method, uri, rules, raw_key: key.raw_key, ...more });
	const got = await ask("HEAD", `/tenants/${tenant_id}/sites/shop/a?x=/../`);
	equal(got.rule_index, 0);
	deepEqual([got.tenant_id, got.site_id, got.permissions, got.cost], [tenant_id, "shop", ["documents:read"], 2]);
	deepEqual([got.refusal, got.decision?.allowed, got.decision?.key?.id, got.decision?.tenant?.id], [null, true, key.key_id, tenant_id]);
	const codes: [Promise<Awaited<ReturnType<typeof ask>>>, string | null, string | null][] = [
		[ask("POST", `/tenants/${tenant_id}/sites/shop/a`), null, "permission_missing"],
		[ask("GET", "/tenants/other/sites/shop/a"), null, "not_found"],
		[ask("GET", `/tenants/${tenant_id}/sites/none/a`), null, "not_found"],
		[ask("GET", `/tenants/${tenant_id}/sites/%20/a`), null, "not_found"],
		[ask("GET", "/elsewhere"), "not_found", "not_found"],
		[ask("GET", `/tenants/${tenant_id}/../a`), "ambiguous_path", null],
		[ask("get", "/a"), "invalid_request", null],
		[ask("GET", `/tenants/${tenant_id}/export/`), "ambiguous_path", null],
		[ask("GET", `/tenants/${tenant_id}/export`, { raw_key: " " }), null, "key_missing"],
		[ask("GET", `/tenants/${tenant_id}/export`, { raw_key: `${key.raw_key}x` }), null, "key_invalid"],
	];
	for (const [required, refusal, decision] of codes) {
		const answer = await required;
		deepEqual([answer.refusal?.code ?? null, answer.decision?.code ?? null], [refusal, decision]);
	}
	deepEqual((await ask("GET", `/tenants/${tenant_id}/Export`)).between, [2]);
	const by_held = await tester({ method: "GET", uri: "/nothing" });
	deepEqual([by_held.rule_index, by_held.decision], [0, null]);
	await rejects(ask("GET", "/a", { rules: [{ pattern: "a" }] }), refusedAt("/rules/0/pattern"));
});

test("the tester tells what an address of its caller's would change", async () => {
	const bound = await fixture.key(first.node, tenant_id, { allowed_ips: ["203.0.113.0/24"] });
	const ask = async (ip?: string) =>
		(await tester({ method: "GET", uri: "/a", rules: [], raw_key: bound.raw_key, ...(ip === undefined ? {} : { ip }) })).decision?.code;
	deepEqual([await ask(), await ask("198.51.100.1"), await ask("203.0.113.5")], ["ip_not_allowed", "ip_not_allowed", "allowed"]);
	equal(await ask("203.0.113.5:4711"), "allowed");
});

test("an examination spends, counts and limits nothing, and decides as a request would", async () => {
	const examined = await fixture.key(first.node, tenant_id, { permissions: ["documents:read"] });
	const drained = () => first.meter.drain();
	drained();
	const address = parseAddress("203.0.113.77");
	for (let round = 0; round < 400; round += 1) {
		equal(getCode(await first.verifier.examine(newQuestion(examined.raw_key, { address }))), "allowed");
		equal(getCode(await first.verifier.examine(newQuestion(examined.raw_key, { address, permissions: ["documents:write"] }))), "permission_missing");
		equal(getCode(await first.verifier.examine(newQuestion("kw_prod_wrong", { address }))), "key_invalid");
	}
	equal(drained(), null, "nothing was counted");
	equal(getCode(await first.ask(examined.raw_key, { address, cost: 5 })), "allowed", "all five of the limit are left");
	equal(getCode(await first.ask(examined.raw_key, { address })), "rate_limited");
	equal(getCode(await first.ask("kw_prod_wrong", { address })), "key_invalid", "no wrong key was counted against the address");
	for (const input of [{ tenant_id: "other" }, { site_id: "shop" }, { site_id: "none" }, { capability: "orders" }, { client: "browser" as const }]) {
		const question = newQuestion(key.raw_key, input);
		deepEqual((await first.verifier.examine(question)).denial, (await second.verifier.decide(question)).denial);
	}
});
