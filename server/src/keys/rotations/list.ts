import type { DatabaseContext } from "../../database/database.ts";
import { read } from "../../database/read.ts";
import { type Page, type PageRequest, toPage, windowByTime } from "../../http/input/cursor.ts";
import { settleUsage } from "../../usage/aggregate.ts";
import { keyNotFound } from "../read.ts";
import { readKey } from "../store.ts";
import { observeRotations } from "./observe.ts";
import { describeRotation } from "./response.ts";
import type { RotationAnswer } from "./schema.ts";
import { readRotations } from "./store.ts";

/** One page of a key's rotations, the latest first. 404 `not_found` for a key that is not there. */
export async function listRotations(
	context: DatabaseContext,
	input: PageRequest & { tenant_id: string; key_id: string },
): Promise<Page<RotationAnswer>> {
	const window = windowByTime(input);
	const now = context.clock.now();
	await settleUsage(context);
	return read(context, async (tx) => {
		if (!(await readKey(tx, input.tenant_id, input.key_id))) throw keyNotFound();
		const rows = await readRotations(tx, input, window);
		const { data, next_cursor } = toPage(rows, window, ({ started_at, id }) => [started_at.toISOString(), id]);
		return { data: (await observeRotations(tx, input, data, now)).map((seen) => describeRotation(seen, now)), next_cursor };
	});
}
