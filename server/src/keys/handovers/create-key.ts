import { change } from "../../audit/change.ts";
import { newId } from "../../core/id.ts";
import { makeOneTimeToken } from "../../core/one-time-token.ts";
import type { HandoverContext } from "../context.ts";
import { invalidKey } from "../guards.ts";
import { type CreateRequest, createdDetails, createdEvent, makeKey } from "../make.ts";
import { readKeyResponse } from "../response.ts";
import type { CreatedForHandover } from "../schema.ts";
import { handoverDetails, makeHandover, sendHandover } from "./make.ts";
import type { HandoverInput } from "./schema.ts";

/**
 * Creates a key and returns a one-time link; its secret is issued when the recipient reveals it. The key counts as live immediately.
 * Errors as for `createKey`; 429 `rate_limited` for too many mails.
 */
export async function createKeyForHandover(
	context: HandoverContext,
	input: CreateRequest & { handover: HandoverInput },
): Promise<CreatedForHandover> {
	const { handover: wanted, ...asked_key } = input;
	const { tenant_id } = input;
	if (input.canary === true)
		throw invalidKey([{ pointer: "/handover", detail: "must be left out for a canary key: its raw key is in the response" }]);
	const key_id = newId("key");
	const token = makeOneTimeToken("kwh");
	const { tenant, warnings, key, answer, handover } = await change(context, async (tx) => {
		const made = await makeKey(tx, context, asked_key, { key_id, asked: input });
		const handover = await makeHandover(tx, context, made.key, wanted, token);
		const target = { kind: "key", id: key_id };
		return {
			result: { ...made, handover, answer: await readKeyResponse(tx, made.key, context.clock.now()) },
			audit: [
				{ action: "key.created", target, details: createdDetails(made.key, null), tenant_id },
				{ action: "handover.created", target, details: { name: made.key.name, ...handoverDetails(handover) }, tenant_id },
			],
			invalidates: [{ kind: "key", id: key_id }],
			events: [createdEvent(made.key)],
		};
	});
	const sent = await sendHandover(context, { handover, key, tenant_name: tenant.name, token });
	return { key: answer, ...sent, ...(warnings.length > 0 ? { warnings } : {}) };
}
