import type { NewAuditEntry } from "../../audit/entry.ts";
import { type Role, roleSuffices } from "../../core/caller.ts";
import type { Actor } from "../../core/context.ts";
import type { ReadTx, Tx } from "../../database/transaction.ts";
import type { Invalidation } from "../../nodes/invalidation.ts";
import type { OutboxEvent } from "../../outbox/store.ts";

/** The actor that created an object, as the `Actor` columns store it. */
export interface Maker {
	readonly kind: "member" | "operator" | "portal";
	readonly id: string;
}

export const ENDED_KINDS = ["invitation", "handover", "rotation", "portal_link", "portal_session", "password_reset", "operator_invitation"] as const;

/** An unused object that ends when its maker may no longer create such objects. */
export interface EndedObject {
	readonly kind: (typeof ENDED_KINDS)[number];
	readonly tenant_id: string | null;
	readonly id: string;
	/** The name of the key, the person or the address, as owners know it; null where there is none. */
	readonly name: string | null;
}

/** People who lose their access, or are reduced to `role_left`, at the instant `now`. */
export interface Ending {
	readonly makers: readonly Maker[];
	/** Null when no role is left. */
	readonly role_left: Role | null;
	readonly now: Date;
	readonly ended_by: Actor;
	/** The person's audit action, such as `member.removed`. */
	readonly because: string;
}

/** The ended objects, with their audit entries, invalidations and events. */
export interface Ended {
	readonly things: readonly EndedObject[];
	readonly audit: readonly NewAuditEntry[];
	readonly invalidates: readonly Invalidation[];
	readonly events: readonly OutboxEvent[];
	/** Ended sessions: what was created in them ends too. */
	readonly makers: readonly Maker[];
}

export const NOTHING_ENDED: Ended = { things: [], audit: [], invalidates: [], events: [], makers: [] };

/** One kind of object that ends when its maker loses access. */
export interface Ender {
	/** `table.column` that stores the maker. */
	readonly column: string;
	/** The role needed to create such an object: it ends when the maker's remaining role is lower. */
	readonly needs: Role | "operator";
	/** What would end, without ending it. */
	find(tx: ReadTx, ending: Ending): Promise<readonly EndedObject[]>;
	/** Called after the person's row was changed. Locks keys in the order of tenant and id. */
	end(tx: Tx, ending: Ending): Promise<Ended>;
}

/** The context of actions that take access away. `app.ts` composes the list; kinds whose sessions end come first. */
export interface EndersContext {
	readonly enders: readonly Ender[];
}

function applies({ needs }: Ender, { role_left }: Ending): boolean {
	return role_left === null || needs === "operator" || !roleSuffices(role_left, needs);
}

/** What `endMade` would end, without ending it. */
export async function findMade(tx: ReadTx, { enders }: EndersContext, ending: Ending): Promise<EndedObject[]> {
	const things: EndedObject[] = [];
	for (const ender of enders) {
		if (!applies(ender, ending)) continue;
		const sessions = things.flatMap(({ kind, id }): Maker[] => (kind === "portal_session" ? [{ kind: "portal", id }] : []));
		things.push(...(await ender.find(tx, { ...ending, makers: [...ending.makers, ...sessions] })));
	}
	return things;
}

/** Ends the makers' unused objects, in the transaction that takes their access away. */
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

/** Converts the ended objects to the details of the person's audit entry. */
export function endedDetails({ things }: Ended): { kind: string; id: string }[] {
	return things.map(({ kind, id }) => ({ kind, id }));
}
