import type { Meaning } from "../ui/theme.ts";

export const ENVIRONMENTS = ["prod", "staging", "dev"] as const;
export type Environment = (typeof ENVIRONMENTS)[number];

/** What each environment is called, and what it means to somebody who has to choose. */
export const ENVIRONMENT_WORDS: Readonly<Record<Environment, { name: string; means: string }>> = {
	prod: { name: "Production", means: "Real customers and real data" },
	staging: { name: "Staging", means: "A rehearsal before it goes live" },
	dev: { name: "Development", means: "Trying things out" },
};

/** What a badge needs of a key. */
export interface StateFacts {
	readonly status: "active" | "paused" | "expired" | "revoked";
	readonly expires_at: string | null;
	readonly secrets: readonly { readonly status: string }[];
	readonly handover: { readonly status: string } | null;
}

export interface KeyState {
	readonly meaning: Meaning;
	readonly word: string;
}

const DAY_MS = 86_400_000;
/** From here on an end that comes near is worth a second look. */
export const NEAR_MS = 14 * DAY_MS;

/** How a key stands, in the words of the page. A key without a secret waits for whoever reveals it. */
export function stateOf(key: StateFacts, now_ms: number): KeyState {
	if (key.status === "revoked") return { meaning: "ended", word: "Revoked" };
	if (key.status === "expired") return { meaning: "ended", word: "Expired" };
	if (key.status === "paused") return { meaning: "resting", word: "Paused" };
	if (key.secrets.length === 0) {
		return key.handover?.status === "waiting"
			? { meaning: "attention", word: "Waiting for hand-over" }
			: { meaning: "attention", word: "Not handed over" };
	}
	if (key.secrets.some((secret) => secret.status === "retiring")) return { meaning: "attention", word: "Being replaced" };
	if (nearness(key.expires_at, now_ms) === "near") return { meaning: "attention", word: "Expires soon" };
	return { meaning: "good", word: "Active" };
}

export type Nearness = "none" | "far" | "near" | "over";

/** How near an end is: within two weeks it is near. */
export function nearness(time: string | null, now_ms: number): Nearness {
	if (time === null) return "none";
	const left_ms = Date.parse(time) - now_ms;
	if (left_ms <= 0) return "over";
	return left_ms <= NEAR_MS ? "near" : "far";
}

/** The last four characters as they are shown, `…` alone while those of an imported one are not known; of the newest secret that still works. */
export function lastFour(secrets: readonly { readonly last4: string; readonly status: string }[]): string | null {
	const live = secrets.find((secret) => secret.status === "current" || secret.status === "issued") ?? secrets[0];
	return live === undefined ? null : `…${live.last4}`;
}
