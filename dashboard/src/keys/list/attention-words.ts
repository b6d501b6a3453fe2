import { DAY_MS } from "../../ui/time-units.ts";
import { isStillPresented } from "../dead-words.ts";
import { expiryDue, replacementDue } from "../due-words.ts";
import type { ApiKey } from "../queries.ts";
import { getState, type KeyState } from "../words.ts";

/** From these days on, a key that is not used is better looked at; a new one is left alone for a week. */
const UNUSED_DAYS = 30;
const NEVER_USED_DAYS = 7;

type KeyOfAttention = Parameters<typeof getState>[0] &
	Pick<ApiKey, "created_at" | "last_used_at" | "rotation_due_at"> & { readonly exposed_at?: string | null };

function daysSince(time: string, now_ms: number): number {
	return Math.floor((now_ms - Date.parse(time)) / DAY_MS);
}

/** How long nothing has used it, once that is long; null before. */
function getUnused(key: KeyOfAttention, now_ms: number): KeyState | null {
	if (key.last_used_at === null) return daysSince(key.created_at, now_ms) >= NEVER_USED_DAYS ? { meaning: "coming", word: "Never used" } : null;
	const days = daysSince(key.last_used_at, now_ms);
	return days >= UNUSED_DAYS ? { meaning: "coming", word: `Not used for ${days} days` } : null;
}

/** The state of a key, or what needs a person: the worst wins. The reasons are those of the list's filter. */
export function getAttention(key: KeyOfAttention, hours: readonly { readonly ended: number }[], now_ms: number): KeyState {
	const state = getState(key, now_ms);
	if (isStillPresented(key, hours)) return { meaning: "ended", word: "Still presented" };
	const is_live = key.status === "active" || key.status === "paused";
	if (is_live && key.canary !== true && (key.exposed_at ?? null) !== null) return { meaning: "ended", word: "Exposed" };
	if (state.word !== "Active" && state.word !== "Expiring") return state;
	const end = expiryDue(key.expires_at, now_ms);
	if (end !== null) return { meaning: end.meaning, word: `Ends ${end.short}` };
	const replacement = replacementDue(key.rotation_due_at, now_ms);
	if (replacement !== null)
		return { meaning: "attention", word: replacement.nearness === "over" ? "Replacement overdue" : `Replace ${replacement.short}` };
	return getUnused(key, now_ms) ?? state;
}
