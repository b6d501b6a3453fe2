import { record } from "../audit/record.ts";
import type { Clock } from "../core/clock.ts";
import { ApiError } from "../core/error.ts";
import type { Database } from "../database/database.ts";
import { storeUnsubscription } from "./queue-store.ts";
import { readUnsubscribeToken, type UnsubscribeKeys, type UnsubscribeScope } from "./unsubscribe-token.ts";

export interface UnsubscribeContext {
	readonly database: Database;
	readonly clock: Clock;
	readonly unsubscribe_keys: UnsubscribeKeys;
}

/** What the token of a mail ends. 404 `not_found` for any other text. */
export function readUnsubscribeScope({ unsubscribe_keys }: Pick<UnsubscribeContext, "unsubscribe_keys">, token: string): UnsubscribeScope {
	const scope = readUnsubscribeToken(unsubscribe_keys, token);
	if (scope === null) throw new ApiError("not_found", "This link is not complete or no longer valid. Use the whole link of a later mail.");
	return scope;
}

/** Ends the mails that the token names for its person, or with `undo` sends them again. A repeat changes nothing. 404 `not_found`. */
export async function unsubscribe(context: UnsubscribeContext, input: { token: string; undo?: boolean | undefined }): Promise<UnsubscribeScope> {
	const scope = readUnsubscribeScope(context, input.token);
	const at = input.undo === true ? null : new Date(context.clock.now());
	// Who has left the tenant gets no mails about it anyway.
	await record(context, (tx) => storeUnsubscription(tx, scope, at));
	return scope;
}
