import type { RotationProps } from "./props.ts";
import { isOpen, type Rotation, type RotationSource } from "./queries.ts";

/**
 * Where a client stands between the keys. `ask`: it uses the new key, and only a person can confirm that all of it does. `moving`: it uses both, and
 * traffic will show. `new`: it never used the old key, so it is no part of any count.
 */
export type Position = "ask" | "old" | "moving" | "moved" | "new";

export function getPosition(source: Pick<RotationSource, "old" | "new" | "moved" | "may_be_confirmed">): Position {
	if (source.old === null) return "new";
	if (source.moved) return "moved";
	if (source.new === null) return "old";
	return source.may_be_confirmed ? "ask" : "moving";
}

/** The clients that used the old key, by position; `clients` is their sum. Every count on a page comes from here. */
export interface Progress {
	readonly clients: number;
	readonly ask: number;
	readonly old: number;
	readonly moving: number;
	readonly moved: number;
}

export function getProgress({ sources }: Pick<Rotation, "sources">): Progress {
	const found = { clients: 0, ask: 0, old: 0, moving: 0, moved: 0 };
	for (const source of sources) {
		const position = getPosition(source);
		if (position === "new") continue;
		found[position] += 1;
		found.clients += 1;
	}
	return found;
}

export function getRemaining({ clients, moved }: Progress): number {
	return clients - moved;
}

export const count = (number: number, one: string, many: string): string => `${number} ${number === 1 ? one : many}`;

/** "3 of 5 clients have moved". Needs at least one client. */
export function formatMoved({ clients, moved }: Progress): string {
	if (clients === 1) return moved === 1 ? "The only client has moved" : "The only client has not moved yet";
	if (moved === clients) return `All ${clients} clients have moved`;
	return `${moved} of ${clients} clients ${moved === 1 ? "has" : "have"} moved`;
}

/** Names the only client on the old key, counts several: "Backup host still uses the old key; 1 client needs a person's confirmation". */
export function formatRemaining(progress: Progress, nameOfOld: string | null): string | null {
	const { old, ask, moving } = progress;
	const parts = [
		old === 1 && nameOfOld !== null ? `${nameOfOld} still uses the old key` : null,
		old > 1 || (old === 1 && nameOfOld === null) ? `${count(old, "client still uses", "clients still use")} the old key` : null,
		ask > 0 ? `${count(ask, "client needs", "clients need")} a person's confirmation` : null,
		moving > 0 ? `${count(moving, "client uses", "clients use")} the new key but must stay silent on the old one for longer` : null,
	].filter((part) => part !== null);
	return parts.length === 0 ? null : `${parts.join("; ")}.`;
}

export const METER_CELLS_MAX = 12;

export interface MeterPart {
	readonly position: Exclude<Position, "new">;
	/** Relative width. */
	readonly weight: number;
}

/** A cell per client, or one part per position above twelve clients. */
export function getMeter(progress: Progress): readonly MeterPart[] {
	const order = ["moved", "moving", "ask", "old"] as const;
	if (progress.clients > METER_CELLS_MAX)
		return order.filter((position) => progress[position] > 0).map((position) => ({ position, weight: progress[position] }));
	return order.flatMap((position) => Array.from({ length: progress[position] }, () => ({ position, weight: 1 })));
}

/** The label of the button that ends the old key; while it must not be pressed, with the reason. */
export function formatEndLabel(rotation: Pick<Rotation, "sources" | "safe_to_complete" | "status">): string {
	if (rotation.safe_to_complete) return "End the old key";
	const remaining = getRemaining(getProgress(rotation));
	if (remaining > 0) return `End the old key: ${count(remaining, "client remains", "clients remain")}`;
	return rotation.status === "issued" ? "End the old key: the new one is not used yet" : "End the old key: ten minutes of silence first";
}

/** Whether both keys work and the old one can still be ended by hand. */
export function canEnd(rotation: Pick<Rotation, "status">): boolean {
	return isOpen(rotation) && rotation.status !== "waiting" && rotation.status !== "over";
}

/** Whether the old key was reported by a finder: its replacement cannot be taken back, and the new key can be issued until its first use. */
export function isLeaked({ apiKey, rotation }: Pick<RotationProps, "apiKey" | "rotation">): boolean {
	return apiKey.exposure.some(({ kind, kid }) => kind === "reported" && kid === rotation.predecessor.kid);
}
