import type { Meaning } from "../ui/theme.ts";
import { DAY_MS } from "../ui/time-units.ts";

export const ENVIRONMENTS = ["prod", "staging", "dev"] as const;
export type Environment = (typeof ENVIRONMENTS)[number];

/** The name of each environment and its explanation in the create form. */
export const ENVIRONMENT_WORDS: Readonly<Record<Environment, { name: string; means: string }>> = {
	prod: { name: "Production", means: "Real customers and real data" },
	staging: { name: "Staging", means: "A rehearsal before it goes live" },
	dev: { name: "Development", means: "Trying things out" },
};

/** The fields of a key that its badge needs. */
export interface StateFacts {
	readonly status: "active" | "paused" | "expired" | "revoked";
	readonly expires_at: string | null;
	readonly secrets: readonly { readonly status: string }[];
	readonly handover: { readonly status: string } | null;
	readonly canary?: boolean;
	readonly canary_used_at?: string | null;
}

export interface KeyState {
	readonly meaning: Meaning;
	readonly word: string;
}

/** The badge of a key. A key without a secret has a pending hand-over. */
export function getState(key: StateFacts, now_ms: number): KeyState {
	if (key.status === "revoked") return { meaning: "ended", word: "Revoked" };
	if (key.status === "expired") return { meaning: "ended", word: "Expired" };
	if (key.canary === true) return isCanaryUsed(key, now_ms) ? { meaning: "ended", word: "Canary was used" } : { meaning: "coming", word: "Canary" };
	if (key.status === "paused") return { meaning: "resting", word: "Paused" };
	if (key.secrets.length === 0) {
		return key.handover?.status === "waiting"
			? { meaning: "attention", word: "Waiting for hand-over" }
			: { meaning: "attention", word: "Not handed over" };
	}
	if (key.secrets.some((secret) => secret.status === "retiring")) return { meaning: "attention", word: "Being replaced" };
	const near = nearness(key.expires_at, now_ms);
	if (near === "week" || near === "day") return { meaning: "attention", word: "Expiring" };
	return { meaning: "good", word: "Active" };
}

/** Whether a canary key was used within a day, as long as its alert is open. */
function isCanaryUsed({ canary_used_at = null }: StateFacts, now_ms: number): boolean {
	return canary_used_at !== null && now_ms - Date.parse(canary_used_at) < DAY_MS;
}

/** How near a date is, in the steps at which its notice changes. */
export type Nearness = "none" | "far" | "month" | "week" | "day" | "over";

const STEPS_MS: readonly [Nearness, number][] = [
	["over", 0],
	["day", DAY_MS],
	["week", 7 * DAY_MS],
	["month", 30 * DAY_MS],
];

export function nearness(time: string | null, now_ms: number): Nearness {
	if (time === null) return "none";
	const left_ms = Date.parse(time) - now_ms;
	return STEPS_MS.find(([, within_ms]) => left_ms <= within_ms)?.[0] ?? "far";
}

/** Dates of an ended key have no meaning. */
export function getDates(key: Pick<StateFacts, "status" | "expires_at"> & { readonly rotation_due_at: string | null }) {
	const ended = key.status === "revoked" || key.status === "expired";
	return { expires_at: key.status === "revoked" ? null : key.expires_at, rotation_due_at: ended ? null : key.rotation_due_at };
}

/** The last four of the newest secret that still works; `…` alone while those of an imported secret are unknown. */
export function lastFour(secrets: readonly { readonly last4: string; readonly status: string }[]): string | null {
	const live = secrets.find((secret) => secret.status === "current" || secret.status === "issued") ?? secrets[0];
	return live === undefined ? null : `…${live.last4}`;
}

export const REASONS = [
	{ value: "integration_retired", label: "The integration is retired" },
	{ value: "shared_incorrectly", label: "The key was shared where it should not be" },
	{ value: "suspected_exposure", label: "It may have leaked" },
	{ value: "ownership_changed", label: "Who is responsible has changed" },
	{ value: "other", label: "Another reason" },
] as const;

export type Reason = (typeof REASONS)[number]["value"];
