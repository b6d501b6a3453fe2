import type { AnonymousContext } from "../access/anonymous.ts";
import type { ChangeContext } from "../audit/change.ts";
import type { Peppers } from "../core/pepper.ts";
import type { MailContext } from "../outbox/mail/mailer.ts";
import type { ProfileContext } from "../plans/profile/live.ts";

/** What an action on keys needs: with the peppers it makes MACs, with the brand it begins raw keys. */
export interface KeysContext extends ChangeContext {
	readonly peppers: Peppers;
	readonly key_brand: string;
}

/** What an action needs that hands a key over by a link. */
export type HandoverContext = KeysContext & ProfileContext & MailContext;

/** What the one who has such a link is answered with. */
export type RecipientContext = KeysContext & ProfileContext & AnonymousContext;
