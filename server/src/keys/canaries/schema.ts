import Type from "typebox";
import { orNull, Time } from "../secrets/schema-parts.ts";

const canary = Type.Boolean({
	description:
		"A canary key: refused as an unknown key wherever it is presented, which raises the alert `canary_used`. It holds no place in the plan and cannot be rotated, paused or handed over; its permissions, sites, addresses and limits have no effect",
});

/** What a request may say about it when a key is created. */
export const canaryInput = { canary: Type.Optional(canary) };

export const canaryFields = {
	canary,
	canary_used_at: orNull({ ...Time, description: "When the canary key was last presented; null for one that never was and for other keys" }),
};
