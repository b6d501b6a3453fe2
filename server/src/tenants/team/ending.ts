import type { AuditNote } from "../../audit/entry.ts";
import { type Role, roleReaches } from "../../core/caller.ts";
import type { Actor } from "../../core/context.ts";
import type { ReadTx, Tx } from "../../database/transaction.ts";
import type { Invalidation } from "../../nodes/invalidation.ts";
import type { OutboxEvent } from "../../outbox/event.ts";

/** Somebody who made things, as the columns name them that hold an `Actor`. */
export interface Maker {
	readonly kind: "member" | "operator" | "portal";
	readonly id: string;
}

export const ENDED_KINDS = ["invitation", "handover", "rotation", "portal_link", "portal_session", "password_reset", "operator_invitation"] as const;

/** A thing that somebody made and nobody used yet, and that ends with its maker's standing. */
export interface EndedThing {
	readonly kind: (typeof ENDED_KINDS)[number];
	readonly tenant_id: string | null;
	readonly id: string;
	/** Of the key, of the person or their address, as owners know it; null where it has none. */
	readonly name: string | null;
}

/** People whose standing ends, or shrinks to `role_left`, at the instant `now`. */
export interface Ending {
	readonly makers: readonly Maker[];
	/** Null: none is left. */
	readonly role_left: Role | null;
	readonly now: Date;
	readonly ended_by: Actor;
	/** The action that is audited of the person, such as `member.removed`. */
	readonly because: string;
}

/** What has ended, with what is to be written of it. */
export interface Ended {
	readonly things: readonly EndedThing[];
	readonly audit: readonly AuditNote[];
	readonly invalidates: readonly Invalidation[];
	readonly events: readonly OutboxEvent[];
	/** Sessions that ended with them: what was made in one ends as well. */
	readonly makers: readonly Maker[];
}

export const NOTHING_ENDED: Ended = { things: [], audit: [], invalidates: [], events: [], makers: [] };

/** One kind of thing that ends with its maker. */
export interface Ender {
	/** `table.column` of what names the maker. */
	readonly column: string;
	/** Who may make such a thing: it ends when less than that is left. */
	readonly needs: Role | "operator";
	/** What would end, without ending it. */
	find(tx: ReadTx, ending: Ending): Promise<readonly EndedThing[]>;
	/** Called after the person's row was changed. Locks keys in the order of their tenants and ids. */
	end(tx: Tx, ending: Ending): Promise<Ended>;
}

/** What actions need that end somebody's standing; `app.ts` composes the list. Those whose sessions end come first. */
export interface EndersContext {
	readonly enders: readonly Ender[];
}

function applies({ needs }: Ender, { role_left }: Ending): boolean {
	return role_left === null || needs === "operator" || !roleReaches(role_left, needs);
}

/** What of theirs would end, without ending it. */
export async function findMade(tx: ReadTx, { enders }: EndersContext, ending: Ending): Promise<EndedThing[]> {
	const things: EndedThing[] = [];
	for (const ender of enders) if (applies(ender, ending)) things.push(...(await ender.find(tx, ending)));
	return things;
}

/** Ends what they made and nobody used yet, in the transaction in which their standing ends. */
export async function endMade(tx: Tx, { enders }: EndersContext, ending: Ending): Promise<Ended> {
	let all = NOTHING_ENDED;
	for (const ender of enders) {
		if (!applies(ender, ending)) continue;
		const ended = await ender.end(tx, { ...ending, makers: [...ending.makers, ...all.makers] });
		all = {
			things: [...all.things, ...ended.things],
			audit: [...all.audit, ...ended.audit],
			invalidates: [...all.invalidates, ...ended.invalidates],
			events: [...all.events, ...ended.events],
			makers: [...all.makers, ...ended.makers],
		};
	}
	return all;
}

/** How an audit entry of the person names what has ended. */
export function endedFacts({ things }: Ended): { kind: string; id: string }[] {
	return things.map(({ kind, id }) => ({ kind, id }));
}
