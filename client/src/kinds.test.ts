import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { types } from "node:util";
import { KINDS } from "../testing/kinds.ts";
import { ADAPTERS, type Adapter, closeServers, type Met, openServer } from "../testing/kinds-adapters.ts";
import { admitted, CREDENTIAL, type Peer, RAW_KEY, startPeer } from "../testing/peer.ts";
import { createGuard } from "./guard.ts";
import { readDecision } from "./verifier/decision.ts";
import { createVerifier, type Question } from "./verifier/verifier.ts";

/** What a question contains if the rule of this name was valid. */
const RIGHT: Readonly<Record<string, (question: Question) => boolean>> = {
	tenant: ({ tenant_id }) => typeof tenant_id === "string" && tenant_id.length > 0 && tenant_id.length <= 128,
	site: ({ site_id }) => typeof site_id === "string" && site_id.length > 0 && site_id.length <= 128,
	permission: ({ permissions = [] }) =>
		permissions.length > 0 && permissions.length <= 32 && permissions.every((one) => /^[a-z]+:[a-z0-9]+$/.test(one)),
	capability: ({ capability }) => /^[a-z][a-z0-9_]{0,63}$/.test(capability ?? ""),
	cost: ({ cost }) => Number.isInteger(cost) && Number(cost) > 0,
	limits: ({ limits }) => Array.isArray(limits) && limits.every(({ cost }) => Number.isInteger(cost)),
	budgets: ({ budgets }) => budgets !== undefined && Object.values(budgets).every((cost) => Number.isInteger(cost) && cost >= 0),
};
const CLOSED = [400, 500, 503];
const quiet = { on_error: () => undefined };
let peer: Peer;
const unhandled: unknown[] = [];
const keep = (reason: unknown): unknown => unhandled.push(reason);

before(async () => {
	peer = await startPeer();
	await openServer();
	process.on("unhandledRejection", keep);
});
after(async () => {
	await closeServers();
	await peer.close();
	process.off("unhandledRejection", keep);
	// A rule that fails must not end the process. The test itself created the promises that no guard received.
	assert.deepEqual(
		unhandled.filter((reason) => !/of a rule/.test(String(reason))),
		[],
	);
});

/** A verifier that admits every key and records its questions. */
function admitsAll(answer: () => unknown = admitted) {
	const questions: Question[] = [];
	const verify = async (question: Question): Promise<unknown> => {
		questions.push(question);
		return answer();
	};
	return { questions, verify, close: () => undefined };
}

/** A value of a kind; a promise that rejects does not end the test. */
function made(make: () => unknown): unknown {
	const value = make();
	if (types.isPromise(value)) value.catch(() => undefined);
	return value;
}

/** The result of using an adapter: a response, or a `TypeError` at creation. */
async function meet(adapter: Adapter, options: unknown, rules: unknown): Promise<Met | "refused at start"> {
	try {
		return await adapter(options, rules);
	} catch (error) {
		assert.ok(error instanceof TypeError, String(error));
		return "refused at start";
	}
}

for (const [name, adapter] of Object.entries(ADAPTERS)) {
	test(`${name}: what is no object of rules is refused at start, whatever kind of value it is`, async () => {
		for (const [kind, make] of Object.entries(KINDS)) {
			const value = made(make);
			assert.equal(await meet(adapter, { verifier: admitsAll(), ...quiet }, value), "refused at start", kind);
		}
		for (const rules of [{}, Object.create(null)]) {
			assert.deepEqual(await meet(adapter, { verifier: admitsAll(), ...quiet }, rules), { status: 200, handled: true });
		}
	});

	test(`${name}: a rule of any kind is right, refused at start, or closes its route`, async () => {
		for (const rule of Object.keys(RIGHT))
			for (const [kind, make] of Object.entries(KINDS))
				for (const value of [make, () => make, () => async () => make()]) {
					const verifier = admitsAll();
					const given = made(value);
					const met = await meet(adapter, { verifier, ...quiet }, { [rule]: given });
					if (met === "refused at start") continue;
					if (!met.handled) assert.ok(CLOSED.includes(met.status), `${rule}: ${kind}: ${met.status}`);
					else
						assert.ok(
							verifier.questions.length === 1 && verifier.questions.every((question) => RIGHT[rule]?.(question)),
							`${rule}: ${kind} opened the route`,
						);
				}
	});

	test(`${name}: only a decision that says allowed: true and parses whole opens the route`, async () => {
		const almost = [{ allowed: 1 }, { allowed: "true" }, { status: 403 }, { key: null }, { tenant: {} }, { request_id: "" }].map((change) =>
			admitted(change),
		);
		const answers = [...Object.values(KINDS), ...almost.map((answer) => () => answer), () => new Proxy(admitted(), { get: () => true })];
		for (const answer of answers) {
			assert.deepEqual(await meet(adapter, { verifier: admitsAll(answer), ...quiet }, {}), { status: 503, handled: false }, String(answer));
		}
		const broken = { verify: () => assert.fail("of the verifier"), close: () => undefined };
		assert.deepEqual(await meet(adapter, { verifier: broken, ...quiet }, {}), { status: 503, handled: false });
	});
}

const OPTIONS = ["verifier", "url", "credential", "timeout_ms", "max_concurrent", "on_error", "realm", "type_base", "ip", "unknown"];

for (const [name, adapter] of Object.entries(ADAPTERS)) {
	test(`${name}: an option of any kind is right, refused at start, or closes the route`, async () => {
		for (const option of OPTIONS)
			for (const [kind, make] of Object.entries(KINDS)) {
				peer.asked.length = 0;
				const value = made(make);
				const options = { url: peer.url, credential: CREDENTIAL, ...quiet, [option]: value };
				const met = await meet(adapter, options, { permission: "orders:read" });
				if (met === "refused at start") continue;
				const asked = peer.asked.map(({ body }) => JSON.parse(body).permissions);
				// A question that was abandoned at its short time limit may still arrive.
				if (met.handled) assert.deepEqual(asked.at(-1), ["orders:read"], `${option}: ${kind} opened the route`);
				else assert.ok(CLOSED.includes(met.status), `${option}: ${kind}: ${met.status}`);
			}
	});

	test(`${name}: options that are no plain object are refused at start`, async () => {
		for (const [kind, make] of Object.entries(KINDS)) {
			// Next reads options from a function later, so invalid ones are refused only then.
			const value = made(make);
			if (name === "next" && typeof value === "function") await assert.rejects(adapter(value, {}), kind);
			else assert.equal(await meet(adapter, value, {}), "refused at start", kind);
		}
	});
}

test("createGuard: options, and rules among them, are right or refused at start, whatever kind of value they are", async () => {
	for (const [kind, make] of Object.entries(KINDS)) {
		assert.throws(() => Reflect.apply(createGuard, undefined, [made(make)]), TypeError, kind);
		for (const name of [...Object.keys(RIGHT), "verifier", "on_error", "unknown"]) {
			const verifier = admitsAll();
			const options = { verifier, on_error: () => undefined, [name]: made(make) };
			try {
				const decision = await Reflect.apply(createGuard<object>, undefined, [options]).decide({}, ["X-API-Key", RAW_KEY], {});
				if (decision.allowed)
					assert.ok(
						verifier.questions.every((question) => RIGHT[name]?.(question) ?? name === "on_error"),
						`${name}: ${kind}`,
					);
			} catch (error) {
				assert.ok(error instanceof TypeError, `${name}: ${kind}: ${error}`);
			}
		}
	}
});

test("createVerifier: options of any kind are right or refused at start, and a question of any kind is never allowed by itself", async () => {
	for (const [kind, make] of Object.entries(KINDS)) {
		const value = made(make);
		assert.throws(() => Reflect.apply(createVerifier, undefined, [value]), TypeError, kind);
		for (const option of ["url", "credential", "timeout_ms", "max_concurrent", "on_error", "unknown"]) {
			try {
				Reflect.apply(createVerifier, undefined, [{ url: peer.url, credential: CREDENTIAL, [option]: value }]).close();
			} catch (error) {
				assert.ok(error instanceof TypeError, `${option}: ${kind}: ${error}`);
			}
		}
	}
	const verifier = createVerifier({ url: peer.url, credential: CREDENTIAL, ...quiet });
	peer.respond = (_request, response) => response.end("{}");
	for (const make of Object.values(KINDS)) {
		const value = made(make);
		assert.equal(Reflect.get(Object(await Reflect.apply(verifier.verify, verifier, [value])), "allowed"), false);
	}
	verifier.close();
});

test("a decision's values are read once, so that they cannot change after validation", () => {
	let reads = 0;
	const answer = admitted({});
	const changing = Object.defineProperty({ ...answer }, "tenant", {
		enumerable: true,
		get: () => {
			reads += 1;
			return reads === 1 ? answer.tenant : { id: "victim", name: "Victim" };
		},
	});
	assert.equal(readDecision(changing)?.tenant?.id, "acme");
	assert.ok(!JSON.stringify(readDecision(admitted())).includes(RAW_KEY));
});
