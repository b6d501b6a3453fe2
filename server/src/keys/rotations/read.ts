import type { DatabaseContext } from "../../database/database.ts";
import { read } from "../../database/transaction.ts";
import { type Page, type PageRequest, toPage, windowByTime } from "../../http/input/cursor.ts";
import { keyNotFound } from "../guards.ts";
import { readKey } from "../store.ts";
import { observeRotations } from "./observe.ts";
import { readRotationResponse, toRotationResponse } from "./response.ts";
import { rotationNotFound } from "./rotation.ts";
import type { RotationAnswer } from "./schema.ts";
import { readRotation, readRotations } from "./store.ts";

/** One rotation with its five steps and the use of either secret, at most about a second old. 404 `not_found`. */
export async function getRotation(
	context: DatabaseContext,
	input: { tenant_id: string; key_id: string; rotation_id: string },
): Promise<RotationAnswer> {
	return read(context, async (tx) => {
		const rotation = await readRotation(tx, input.tenant_id, { id: input.rotation_id, key_id: input.key_id });
		if (!rotation) throw rotationNotFound();
		return readRotationResponse(tx, rotation, context.clock.now());
	});
}

/** One page of a key's rotations, newest first. 404 `not_found` for an unknown key. */
export async function listRotations(
	context: DatabaseContext,
	input: PageRequest & { tenant_id: string; key_id: string },
): Promise<Page<RotationAnswer>> {
	const window = windowByTime(input);
	const now = context.clock.now();
	return read(context, async (tx) => {
		if (!(await readKey(tx, input.tenant_id, input.key_id))) throw keyNotFound();
		const rows = await readRotations(tx, input, window);
		const { data, next_cursor } = toPage(rows, window, ({ started_at, id }) => [started_at.toISOString(), id]);
		return { data: (await observeRotations(tx, input, data, now)).map((seen) => toRotationResponse(seen, now)), next_cursor };
	});
}
