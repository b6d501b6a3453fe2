import { Failure } from "../../core/error.ts";
import type { DatabaseContext } from "../../database/database.ts";
import { read } from "../../database/read.ts";
import { settleUsage } from "../../usage/aggregate.ts";
import { describeOne } from "./response.ts";
import type { RotationAnswer } from "./schema.ts";
import { readRotation } from "./store.ts";

export function rotationNotFound(): Failure {
	return new Failure("not_found", "There is no rotation with this id.");
}

/** One rotation with its five steps and what was seen of either secret, up to a second behind. 404 `not_found`. */
export async function getRotation(
	context: DatabaseContext,
	input: { tenant_id: string; key_id: string; rotation_id: string },
): Promise<RotationAnswer> {
	await settleUsage(context);
	return read(context, async (tx) => {
		const rotation = await readRotation(tx, input.tenant_id, { id: input.rotation_id, key_id: input.key_id });
		if (!rotation) throw rotationNotFound();
		return describeOne(tx, rotation, context.clock.now());
	});
}
