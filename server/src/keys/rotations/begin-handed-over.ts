import { assert } from "../../core/error.ts";
import type { BeginRotation } from "../context.ts";
import { beginOverlap } from "./begin.ts";
import { readRotation } from "./store.ts";

/** Makes the new secret of a rotation that was handed over, when its link is revealed: the time in which both work begins now. */
export const beginHandedOver: BeginRotation = async (tx, context, { key, rotation_id, now }) => {
	const rotation = await readRotation(tx, key.tenant_id, { id: rotation_id, key_id: key.id });
	// Whatever ends a rotation that waits ends its link in the same transaction, and the link was claimed with the key locked.
	assert(rotation?.state === "waiting", "a link was revealed whose rotation does not wait");
	return beginOverlap(tx, context, key, rotation, now);
};
