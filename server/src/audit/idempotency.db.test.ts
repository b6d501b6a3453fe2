import { deepEqual, equal, rejects } from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { type TestDatabase, testDatabase } from "../../testing/audit.ts";
import { ManualClock } from "../core/clock.ts";
import { ApiError } from "../core/error.ts";
import { type ChangeContext, change } from "./change.ts";
import { claimOnce, keepResult } from "./idempotency.ts";

const DAY_MS = 86_400_000;

suite("a request with an Idempotency-Key", () => {
	let db: TestDatabase;
	const clock = new ManualClock(Date.now());
	let made = 0;

	before(async () => {
		db = await testDatabase({ clock });
	});
	after(() => db.close());

	/** A creating action: returns `made:<subject>` the first time and `again:<subject>` for a repeat. */
	async function create(
		context: ChangeContext,
		input: unknown = { name: "a" },
		options: { tenant_id?: string; operation?: string; keep?: boolean } = {},
	) {
		made += 1;
		const subject_id = `subject-${made}`;
		const { tenant_id = "tenant-1", operation = "thing.create" } = options;
		return change(context, async (tx) => {
			const earlier = await claimOnce(tx, context, { tenant_id, operation, input, subject_id });
			if (earlier) return { unchanged: { kind: "again", subject_id: earlier.subject_id, result: earlier.result } };
			if (options.keep) await keepResult(tx, context, tenant_id, { id: subject_id });
			return { result: { kind: "made", subject_id }, audit: [{ action: "thing.created", target: { kind: "thing", id: subject_id } }] };
		});
	}

	const once = (idempotency_key: string | null, overrides: Partial<ChangeContext> = {}) => db.context({ idempotency_key, ...overrides });

	test("happens once: a repeat gets the response of the first", async () => {
		const first = await create(once("k1"));
		equal(first.kind, "made");
		deepEqual(await create(once("k1")), { kind: "again", subject_id: first.subject_id, result: null });
	});

	test("gets the answer that was kept for it", async () => {
		const first = await create(once("k2"), {}, { keep: true });
		deepEqual(await create(once("k2"), {}, { keep: true }), { kind: "again", subject_id: first.subject_id, result: { id: first.subject_id } });
	});

	test("is the same request whatever the order of its members", async () => {
		await create(once("k3"), { a: 1, b: [{ c: 2, d: 3 }] });
		equal((await create(once("k3"), { b: [{ d: 3, c: 2 }], a: 1 })).kind, "again");
	});

	test("with other input or for another operation is a mismatch, and changes nothing", async () => {
		const first = await create(once("k4"), { name: "a" });
		const mismatch = (error: unknown) => error instanceof ApiError && error.code === "idempotency_mismatch";
		await rejects(create(once("k4"), { name: "b" }), mismatch);
		await rejects(create(once("k4"), { name: "a" }, { operation: "other.create" }), mismatch);
		deepEqual(await create(once("k4"), { name: "a" }), { kind: "again", subject_id: first.subject_id, result: null });
	});

	test("is one per tenant and caller", async () => {
		await create(once("k5"));
		equal((await create(once("k5"), { name: "a" }, { tenant_id: "tenant-2" })).kind, "made");
		equal((await create(once("k5", { actor: { kind: "service", id: "svc_1", name: "A" } }))).kind, "made");
		equal((await create(once("k5", { actor: { kind: "service", id: "svc_2", name: "A" } }))).kind, "made");
		equal((await create(once("k5", { actor: { kind: "service", id: "svc_1", name: "renamed" } }))).kind, "again");
	});

	test("without one happens as often as it is sent", async () => {
		equal((await create(once(null))).kind, "made");
		equal((await create(once(null))).kind, "made");
	});

	test("leaves the key free when it was refused", async () => {
		const context = once("k6");
		await rejects(
			change(context, async (tx) => {
				await claimOnce(tx, context, { tenant_id: "tenant-1", operation: "thing.create", input: { name: "bad" }, subject_id: "never" });
				throw new ApiError("conflict", "The plan is full.");
			}),
			/conflict/,
		);
		equal((await create(context, { name: "better" })).kind, "made");
	});

	test("20 concurrent requests create one object, and all get it", async () => {
		const answers = await Promise.all(Array.from({ length: 20 }, () => create(once("k7"))));
		const first = answers.filter((answer) => answer.kind === "made");
		equal(first.length, 1);
		for (const answer of answers) equal(answer.subject_id, first[0]?.subject_id);
	});

	test("is forgotten after a day, and not before", async () => {
		await create(once("k8"));
		clock.advance(DAY_MS - 60_000);
		equal((await create(once("k8"))).kind, "again");
		clock.advance(120_000);
		equal((await create(once("k8"))).kind, "made");
	});
});
