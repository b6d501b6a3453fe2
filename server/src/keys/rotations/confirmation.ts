import type { KeyActor } from "../key.ts";

/** A person's word that everything at a source has the new secret of a rotation. */
export interface Confirmation {
	readonly source_id: string;
	readonly confirmed_at: Date;
	readonly confirmed_by: KeyActor;
}

/** Whether the old secret was seen at the source again, so that the word was wrong. */
export function isVoid({ confirmed_at }: Confirmation, old_last_seen_at: Date | null): boolean {
	return old_last_seen_at !== null && old_last_seen_at.getTime() >= confirmed_at.getTime();
}
