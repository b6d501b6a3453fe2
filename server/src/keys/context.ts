import type { VisitorContext } from "../access/visitor.ts";
import type { ChangeContext } from "../audit/change.ts";
import type { Peppers } from "../core/pepper.ts";
import type { Tx } from "../database/transaction.ts";
import type { MailContext } from "../outbox/mail/mailer.ts";
import type { ProfileContext } from "../plans/profile/live.ts";
import type { Key } from "./key.ts";
import type { IssuedInPlace } from "./secrets/issue-in-place.ts";

/** What an action on keys needs: with the peppers it makes MACs, with the brand it begins raw keys. */
export interface KeysContext extends ChangeContext {
	readonly peppers: Peppers;
	readonly key_brand: string;
}

/** What an action needs that hands a key over by a link. */
export type HandoverContext = KeysContext & ProfileContext & MailContext;

/** Makes the new secret of a rotation that waits for it, in the transaction of a change, with the key locked. Of the room of rotations. */
export type BeginRotation = (tx: Tx, context: KeysContext, begin: { key: Key; rotation_id: string; now: Date }) => Promise<IssuedInPlace>;

/** What the one who has such a link is answered with. */
export type RecipientContext = KeysContext & ProfileContext & VisitorContext & { readonly begin_rotation: BeginRotation };
