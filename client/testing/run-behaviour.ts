import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { getTitle } from "../src/codes.ts";
import { CASES } from "./behaviour.ts";
import { REFUSALS } from "./behaviour-refusals.ts";
import type { Step } from "./behaviour-steps.ts";
import { admitted, call, denied, type Peer, RAW_KEY, type Reply, sends, startPeer } from "./peer.ts";

/** A running app of one framework; its routes are in `e2e/guards/README.md`. */
export interface Host {
	readonly url: string;
	close(): Promise<unknown>;
}

/** Permitted differences between hosts. */
export interface Traits {
	/** The address that the guard has for a caller on loopback. */
	readonly address: string | null;
	/** Whether the guard sees raw header lines or only joined ones. */
	readonly lines: boolean;
	/** Whether the framework normalises `..` by the URL standard before the app sees the path. */
	readonly normalises?: true;
	/** Whether the server passes on only the decoded path, which then is unambiguous. */
	readonly decoded?: true;
	/** Whether a response to a request with an unread body closes the connection by a header; otherwise the server closes it. */
	readonly closes: boolean;
	/** Who refuses too many headers: some servers have a limit below the guard's. */
	readonly flood?: "guard" | "server";
}

const AT_ONCE = 100;
const PROBLEM_MEMBERS = ["type", "title", "status", "detail", "instance", "code", "request_id"];
/** Unknown codes have the title of their status. */
const FORBIDDEN = "Forbidden";

/** Context of a host's own tests; `url` completes a path. */
export interface Stage {
	readonly url: (path: string) => string;
	readonly peer: () => Peer;
}

/** Runs the whole table against one host. `start` starts it with Keywright at `url`; `further` adds tests of that host. */
export function describeBehaviour(name: string, start: (url: string) => Promise<Host>, traits: Traits, further?: (stage: Stage) => void): void {
	describe(`guard for ${name}`, () => {
		let peer: Peer;
		let host: Host | undefined;
		const url = (path: string): string => `${host?.url ?? ""}${path}`;

		async function reset(): Promise<void> {
			peer.respond = sends(admitted());
			peer.asked.length = 0;
			await call(url("/__reset"), { method: "POST", body: "" });
		}

		before(async () => {
			peer = await startPeer();
			host = await start(peer.url);
		});
		afterEach(reset);
		after(async () => {
			await host?.close();
			await peer.close();
		});

		for (const { title, steps } of [...CASES, ...REFUSALS])
			test(title, async () => {
				for (const step of steps) {
					if ((step.needs_lines && !traits.lines) || (step.needs_path && traits.decoded)) continue;
					await reset();
					if (step.keywright) peer.respond = step.keywright;
					const { path = "/", ...sent } = step.send;
					const reply = await call(url("/"), { ...sent, target: path });
					if (step.unrouted && traits.normalises && reply.status === 200) {
						// Normalised by the URL standard before the app and the guard see it.
						assert.equal(JSON.parse(peer.asked[0]?.body ?? "").request.path, new URL(path, "http://host").pathname);
						continue;
					}
					const seen = JSON.parse((await call(url("/__seen"))).body);
					if (step.unrouted && !reply.headers["content-type"]?.startsWith("application/problem")) assert.ok(reply.status >= 300, `${reply.status}`);
					else if (step.flood && traits.flood === "server") assert.ok(reply.status >= 400 && reply.status < 500, `${reply.status}`);
					else assertReply(step, reply, traits);
					assertAsked(step, peer, traits);
					assert.deepEqual(seen.handled, step.handled ?? []);
					assert.deepEqual(
						seen.errors.map((error: { reason: string }) => error.reason),
						step.reasons ?? [],
					);
				}
			});

		test("a hundred requests at once each get their own decision", async () => {
			peer.respond = (request, response, body) => {
				const { tenant_id } = JSON.parse(body);
				const answer = Number(tenant_id.slice(1)) % 2 === 0 ? admitted({ tenant: { id: tenant_id, name: "x" } }) : denied(404, "not_found");
				setTimeout(() => sends(answer)(request, response, body), Math.random() * 20);
			};
			const replies = await Promise.all(
				Array.from({ length: AT_ONCE }, (_, index) => call(url(`/tenants/t${index}/orders`), { lines: [["X-API-Key", RAW_KEY]] })),
			);
			for (const [index, reply] of replies.entries()) {
				if (index % 2 === 0) assert.deepEqual(JSON.parse(reply.body), { tenant: `t${index}` });
				else assertProblem(reply, 404, "not_found");
			}
		});

		further?.({ url, peer: () => peer });
	});
}

/** Asserts a complete refusal: status, code, headers, members; `HEAD` has no body. */
export function assertProblem(reply: Reply, status: number, code: string): Record<string, unknown> {
	assert.equal(reply.status, status, reply.body);
	assert.match(reply.headers["content-type"] ?? "", /^application\/problem\+json/);
	assert.equal(reply.headers["cache-control"], "no-store");
	assert.equal(reply.headers["x-content-type-options"], "nosniff");
	const problem = JSON.parse(reply.body);
	assert.deepEqual(Object.keys(problem), PROBLEM_MEMBERS);
	assert.deepEqual([problem.status, problem.code, problem.title], [status, code, getTitle(code) ?? FORBIDDEN]);
	assert.match(problem.request_id, /^req_(denied|local_[0-9a-f]{32})$/);
	assert.equal(problem.instance, `urn:keywright:request:${problem.request_id}`);
	assert.equal(reply.headers["x-request-id"], problem.request_id);
	assert.equal(reply.headers["www-authenticate"], status === 401 ? 'ApiKey realm="orders"' : undefined);
	assert.equal(reply.headers["retry-after"] !== undefined, status === 429 || status === 503);
	assert.ok(!reply.body.includes(RAW_KEY), "the raw key came back");
	return problem;
}

function assertReply(step: Step, reply: Reply, traits: Traits): void {
	const { status, code, detail, type, json, headers = {}, closes } = step.want;
	if (code === undefined) assert.equal(reply.status, status, reply.body);
	else {
		const problem = assertProblem(reply, status, code);
		if (detail !== undefined) assert.equal(problem.detail, detail);
		assert.equal(problem.type, type ?? `urn:keywright:error:${code}`);
	}
	if (step.send.method === "HEAD") assert.equal(reply.body, "");
	if (json !== undefined) assert.deepEqual(JSON.parse(reply.body), json);
	for (const [name, value] of Object.entries(headers)) assert.equal(reply.headers[name], value ?? undefined, name);
	if (closes !== undefined && traits.closes) assert.equal(reply.headers.connection === "close", closes, `Connection: ${reply.headers.connection}`);
}

function assertAsked(step: Step, peer: Peer, traits: Traits): void {
	const { asked = true } = step;
	if (asked === null) return;
	const questions = peer.asked.map(({ body }) => JSON.parse(body));
	assert.equal(questions.length, asked === false ? 0 : 1, "how often Keywright was asked");
	if (typeof asked === "object") assert.deepEqual(questions[0], withAddress(asked, traits.address));
}

/** The expected question on a host with another, or no, address of the caller. */
function withAddress(question: Readonly<Record<string, unknown>>, address: string | null): unknown {
	return JSON.parse(JSON.stringify(question), (name, value) => (name === "ip" ? (address ?? undefined) : value));
}
