import { change } from "../audit/change.ts";
import { newId } from "../core/id.ts";
import type { KeysContext } from "./context.ts";
import { type CreateRequest, createdDetails, createdEvent, makeKey } from "./make.ts";
import { readKeyResponse } from "./response.ts";
import type { CreatedKey } from "./schema.ts";
import { issueSecret } from "./secrets/issue.ts";

/**
 * Creates a key and returns its raw key, once.
 * 400 `invalid_request`; 403 `capability_not_in_plan`, `tenant_suspended`; 409 `conflict` at the plan's limit of live keys,
 * `secret_already_issued` (with `key_id`) for a repeat with the same Idempotency-Key, `idempotency_mismatch` if the input differs.
 */
export async function createKey(context: KeysContext, input: CreateRequest): Promise<CreatedKey> {
	const { tenant_id } = input;
	const key_id = newId("key");
	return change(context, async (tx) => {
		const { key, warnings } = await makeKey(tx, context, input, { key_id, asked: input });
		const { raw_key, ...secret } = await issueSecret(tx, context, key, key.created_at);
		const answer = { key: await readKeyResponse(tx, key, context.clock.now()), raw_key };
		return {
			result: warnings.length > 0 ? { ...answer, warnings } : answer,
			audit: [{ action: "key.created", target: { kind: "key", id: key_id }, details: createdDetails(key, secret), tenant_id }],
			invalidates: [{ kind: "key", id: key_id }],
			events: [createdEvent(key)],
		};
	});
}
