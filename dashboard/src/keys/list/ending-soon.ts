import { nearness } from "../words.ts";

interface Ending {
	readonly id: string;
	readonly expires_at: string | null;
}

/** The keys that end within 30 days, the next one first. */
export function endingSoon<K extends Ending>(keys: readonly K[], now_ms: number): readonly K[] {
	return keys
		.filter((key) => !["none", "far", "over"].includes(nearness(key.expires_at, now_ms)))
		.sort((a, b) => Date.parse(a.expires_at ?? "") - Date.parse(b.expires_at ?? ""));
}

const DISMISSED = "keywright.ending-dismissed";

/** Identifies a key with its end: a changed end shows the banner again. */
function getKeyName(key: Ending): string {
	return `${key.id} ${key.expires_at}`;
}

/** The dismissed entries of this browser session; empty where storage is blocked. */
function dismissed(): readonly string[] {
	try {
		const kept: unknown = JSON.parse(sessionStorage.getItem(DISMISSED) ?? "[]");
		return Array.isArray(kept) ? kept.filter((entry) => typeof entry === "string") : [];
	} catch {
		return [];
	}
}

/** Whether one of the keys has not been dismissed yet. */
export function isNews(keys: readonly Ending[]): boolean {
	const known = new Set(dismissed());
	return keys.some((key) => !known.has(getKeyName(key)));
}

export function dismiss(keys: readonly Ending[]): void {
	try {
		sessionStorage.setItem(DISMISSED, JSON.stringify([...new Set([...dismissed(), ...keys.map(getKeyName)])]));
	} catch {
		// Storage is blocked: the banner returns on the next page.
	}
}
