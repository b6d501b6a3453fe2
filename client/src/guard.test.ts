import assert from "node:assert/strict";
import { test } from "node:test";
import { admitted, RAW_KEY } from "../testing/peer.ts";
import { createGuard, type GuardOptions } from "./guard.ts";
import type { KeywrightError } from "./report.ts";
import { parseDecision } from "./verifier/decision.ts";
import type { Question, Verifier } from "./verifier/verifier.ts";

type Request = Record<string, string | undefined>;
const HEADERS = ["X-API-Key", RAW_KEY];

function keepsQuestions(): Verifier & { questions: Question[] } {
	const questions: Question[] = [];
	return {
		questions,
		async verify(question) {
			questions.push(question);
			const decision = parseDecision(JSON.stringify(admitted()));
			assert.ok(decision);
			return decision;
		},
		close() {},
	};
}

test("rules become the question, from constants and from the request", async () => {
	const verifier = keepsQuestions();
	const guard = createGuard<Request>({
		verifier,
		tenant: (r) => r.tenant,
		site: "main",
		permission: "orders:read",
		capability: "orders",
		cost: () => 3,
		limits: (r) => ({ exports: 2, [r.tenant ?? ""]: 7 }),
		budgets: (r) => ({ credits: 25, [r.tenant ?? ""]: 0 }),
	});
	const decision = await guard.decide({ tenant: "acme" }, HEADERS, { method: "GET", path: "/x" });
	assert.equal(decision.allowed, true);
	assert.deepEqual(verifier.questions, [
		{
			raw_key: RAW_KEY,
			request: { method: "GET", path: "/x" },
			tenant_id: "acme",
			site_id: "main",
			permissions: ["orders:read"],
			capability: "orders",
			cost: 3,
			limits: [
				{ name: "exports", cost: 2 },
				{ name: "acme", cost: 7 },
			],
			budgets: { credits: 25, acme: 0 },
		},
	]);
});

test("an id of any length is sent, truncated to a length that no id has", async () => {
	const verifier = keepsQuestions();
	await createGuard<Request>({ verifier, tenant: () => "a".repeat(10_000), site: () => "b".repeat(64) }).decide({}, HEADERS, {});
	assert.deepEqual([verifier.questions[0]?.tenant_id?.length, verifier.questions[0]?.site_id?.length], [128, 64]);
});

test("an id that JSON or a database cannot represent is sent as one that does not exist", async () => {
	const verifier = keepsQuestions();
	for (const tenant of ["demo\0", "\0", "demo\r\n", "demo\ud800"])
		await createGuard<Request>({ verifier, tenant: () => tenant }).decide({}, HEADERS, {});
	assert.deepEqual(
		verifier.questions.map((question) => question.tenant_id),
		["demo\ufffd", "\ufffd", "demo\ufffd\ufffd", "demo\ufffd"],
	);
});

test("without a well-formed X-API-Key no question is sent", async () => {
	const verifier = keepsQuestions();
	const guard = createGuard<Request>({ verifier });
	assert.equal((await guard.decide({}, [], {})).code, "key_missing");
	assert.equal((await guard.decide({}, [...HEADERS, ...HEADERS], {})).code, "multiple_credentials");
	assert.deepEqual(verifier.questions, []);
});

test("a rule without a usable value closes the route, sends no question and is reported", async () => {
	const silent: Partial<GuardOptions<Request>>[] = [
		{ tenant: (r) => r.misspelt },
		{ tenant: () => "" },
		{ site: () => undefined },
		{ permission: () => [] },
		{ permission: () => ["orders:read", ""] },
		{ cost: () => Number.NaN },
		{ cost: () => 0 },
		{ limits: () => ({ exports: 0 }) },
		{ limits: () => ({ exports: 1.5 }) },
		{ limits: () => ({ "": 1 }) },
		{ limits: () => ({ Exports: 1 }) },
		{ limits: () => Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`limit_${index}`, 1])) },
		{ budgets: () => undefined },
		{ budgets: () => ({ credits: -1 }) },
		{ budgets: () => ({ credits: Number("-0") }) },
		{ budgets: () => ({ credits: 1.5 }) },
		{ budgets: () => ({ credits: Number.NaN }) },
		{ budgets: () => ({ credits: 1_000_001 }) },
		{ budgets: () => ({ Credits: 1 }) },
		{ budgets: () => JSON.parse('{"__proto__":1}') },
		{ budgets: () => Object.fromEntries(Array.from({ length: 5 }, (_, index) => [`budget_${index}`, 1])) },
		{
			capability: () => {
				throw new Error(`something with ${RAW_KEY}`);
			},
		},
	];
	for (const rules of silent) {
		const verifier = keepsQuestions();
		const errors: KeywrightError[] = [];
		const guard = createGuard<Request>({ ...rules, verifier, on_error: (error) => errors.push(error) });
		const decision = await guard.decide({}, HEADERS, {});
		assert.deepEqual([decision.allowed, decision.status, decision.code], [false, 500, "internal_error"]);
		assert.deepEqual(verifier.questions, []);
		assert.equal(errors[0]?.reason, "misconfigured");
		assert.ok(!`${errors[0]?.stack}`.includes(RAW_KEY));
	}
});

test("a rule that is misspelt, undefined or never holds does not compile into an open route", () => {
	const verifier = keepsQuestions();
	for (const rules of [
		{ permissions: "orders:read" },
		{ tenant: undefined },
		{ permission: [] },
		{ permission: "" },
		{ cost: -1 },
		{ tenant: 5 },
		{ limits: ["exports"] },
		{ limits: null },
		{ budgets: ["credits"] },
		{ budgets: undefined },
		{ budgets: { credits: -1 } },
		{ budgets: { credits: 1_000_001 } },
		{ budgets: { credits: "25" } },
		{ budgets: { credits: undefined } },
	]) {
		// Rules that only untyped code can pass.
		const untyped: object = { verifier, ...rules };
		assert.throws(() => Reflect.apply(createGuard, undefined, [untyped]), TypeError, JSON.stringify(rules));
	}
});

test("details that cannot be read close the route and are reported, and are not read without a key", async () => {
	const verifier = keepsQuestions();
	const errors: KeywrightError[] = [];
	const guard = createGuard<Request>({ verifier, on_error: (error) => errors.push(error) });
	const broken = (): never => {
		throw new Error("of the option ip");
	};
	assert.equal((await guard.decide({}, [], broken)).code, "key_missing");
	assert.equal((await guard.decide({}, HEADERS, broken)).code, "internal_error");
	assert.deepEqual([verifier.questions, errors.map((error) => error.reason)], [[], ["misconfigured"]]);
});

test("a verifier that breaks its promise closes the route", async () => {
	const verifier: Verifier = { verify: () => Promise.reject(new Error("broken")), close() {} };
	const decision = await createGuard<Request>({ verifier }).decide({}, HEADERS, {});
	assert.equal(`${decision.status} ${decision.code}`, "503 unavailable");
});
