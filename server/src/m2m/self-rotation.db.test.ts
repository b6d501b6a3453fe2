import { deepEqual, equal, notEqual } from "node:assert/strict";
import { after, before, test } from "node:test";
import { type RotationFixture, rotationFixture } from "../../testing/rotations.ts";
import type { MadeKey } from "../../testing/verification.ts";
import { getKey } from "../keys/read.ts";
import { updateKeySettings } from "../keys/update.ts";
import { cancelSelf, rotateSelf } from "./self-rotation.ts";

const DAY_MS = 86_400_000;
const PLAN_DAYS = 90;
const OVERLAP = { overlap_seconds: 300 };

let fixture: RotationFixture;
let tenant_id: string;
before(async () => {
	fixture = await rotationFixture();
	tenant_id = await fixture.verification.tenant(fixture.main.node, { max_key_lifetime_days: PLAN_DAYS });
});
after(() => fixture.close());

const inDays = (days: number) => new Date(fixture.verification.clock.now() + days * DAY_MS).toISOString();
const make = (input: { expires_at?: string } = {}) =>
	fixture.verification.key(fixture.main.node, tenant_id, { permissions: ["key:rotate"], ...input });
const getIds = ({ tenant_id, key_id }: MadeKey) => ({ tenant_id, key_id });
const getEnd = async (key: MadeKey) => (await getKey(fixture.context(), getIds(key))).expires_at;

/** Rotates the key, ends the old secret and returns the new one. */
async function replaceSelf(raw_key: string): Promise<string> {
	const { raw_key: successor } = await rotateSelf(await fixture.self(raw_key), OVERLAP);
	await fixture.pass(OVERLAP.overlap_seconds + 1);
	return successor;
}

test("a self-rotation never moves an expiry date that a person set", async () => {
	const expires_at = inDays(30);
	const key = await make({ expires_at });
	let raw_key = key.raw_key;
	for (let round = 0; round < 3; round += 1) {
		raw_key = await replaceSelf(raw_key);
		equal(await getEnd(key), expires_at);
	}
	const later = inDays(40);
	await updateKeySettings(fixture.context(), { ...getIds(key), expires_at: later });
	await replaceSelf(raw_key);
	equal(await getEnd(key), later);
});

test("a self-rotation renews a date that the plan set, and cancelling it restores the date", async () => {
	const key = await make();
	const first = await getEnd(key);
	equal(first, inDays(PLAN_DAYS));
	await fixture.pass(60);
	await rotateSelf(await fixture.self(key.raw_key), OVERLAP);
	equal(await getEnd(key), inDays(PLAN_DAYS));
	await cancelSelf(await fixture.self(key.raw_key));
	equal(await getEnd(key), first);
	await replaceSelf(key.raw_key);
	notEqual(await getEnd(key), first);
});

test("a date that a person sets on a key with the plan's date counts as set by a person", async () => {
	const key = await make();
	const expires_at = inDays(20);
	await updateKeySettings(fixture.context(), { ...getIds(key), expires_at });
	const raw_key = await replaceSelf(key.raw_key);
	equal(await getEnd(key), expires_at);
	await fixture.rotate({ ...key, raw_key });
	const [row] = await fixture.verification.behind("select expiry_from from keywright.keys where id = $1", [key.key_id]);
	deepEqual(row, { expiry_from: "person" });
});

test("a date from before its origin was recorded counts as set by a person", async () => {
	const [column] = await fixture.verification.behind(
		"select column_default from information_schema.columns where table_schema = 'keywright' and table_name = 'keys' and column_name = 'expiry_from'",
	);
	equal(column?.column_default, "'person'::text");
});
