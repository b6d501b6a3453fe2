import type { AnonymousContext } from "../access/anonymous.ts";
import type { ChangeContext } from "../audit/change.ts";
import type { CallerContext } from "../core/caller.ts";
import type { Peppers } from "../core/pepper.ts";
import type { MailContext } from "../outbox/mail/mailer.ts";
import type { ProfileContext } from "../plans/profile/live.ts";

/** Context of an action on keys. The peppers key the MACs; the brand is the prefix of raw keys. */
export interface KeysContext extends ChangeContext {
	readonly peppers: Peppers;
	readonly key_brand: string;
}

/** Context of an action that creates a handover. */
export type HandoverContext = KeysContext & CallerContext & ProfileContext & MailContext;

/** Context of a request by the recipient of a handover. */
export type RecipientContext = KeysContext & ProfileContext & AnonymousContext;
