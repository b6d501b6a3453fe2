import { nearness } from "../words.ts";

interface Ending {
	readonly id: string;
	readonly expires_at: string | null;
}

/** Those of the keys that end within 30 days, the next one first. */
export function endingSoon<K extends Ending>(keys: readonly K[], now_ms: number): readonly K[] {
	return keys
		.filter((key) => !["none", "far", "over"].includes(nearness(key.expires_at, now_ms)))
		.sort((a, b) => Date.parse(a.expires_at ?? "") - Date.parse(b.expires_at ?? ""));
}

const DISMISSED = "keywright.ending-dismissed";

/** A key with its end: given another one, it is told of again. */
function nameOf(key: Ending): string {
	return `${key.id} ${key.expires_at}`;
}

/** What was put aside during this visit. A browser that keeps nothing has put nothing aside. */
function dismissed(): readonly string[] {
	try {
		const kept: unknown = JSON.parse(sessionStorage.getItem(DISMISSED) ?? "[]");
		return Array.isArray(kept) ? kept.filter((entry) => typeof entry === "string") : [];
	} catch {
		return [];
	}
}

/** Whether one of the keys has not been put aside yet. */
export function isNews(keys: readonly Ending[]): boolean {
	const known = new Set(dismissed());
	return keys.some((key) => !known.has(nameOf(key)));
}

export function dismiss(keys: readonly Ending[]): void {
	try {
		sessionStorage.setItem(DISMISSED, JSON.stringify([...new Set([...dismissed(), ...keys.map(nameOf)])]));
	} catch {
		// It is shown again on the next page.
	}
}
