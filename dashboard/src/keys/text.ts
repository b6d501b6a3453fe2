import { DAY_MS } from "../ui/time-units.ts";
import type { ApiKey } from "./queries.ts";
import { isSchedule } from "./schedule-words.ts";
import { REASONS } from "./words.ts";

type Actor = NonNullable<ApiKey["created_by"]>;
type RevokeReason = NonNullable<ApiKey["revoke_reason"]>;
type Secret = ApiKey["secrets"][number];

const KINDS: Readonly<Record<string, string>> = { operator: "the operator", system: "this program", erased: "a person who was erased" };

/** The name of the server's actor that answers a finder's report. */
const LEAK_ACTOR = "leak report";

/** Formats an actor: a person's name, else their kind. */
export function formatActor(actor: Actor): string {
	if (isSchedule(actor)) return "schedule";
	if (actor.kind === "system" && actor.name === LEAK_ACTOR) return "a leak report";
	return KINDS[actor.kind] ?? actor.name;
}

export function getReason(reason: RevokeReason): string {
	return REASONS.find(({ value }) => value === reason)?.label ?? "Another reason";
}

/** What the key's state means for the programs that use it. */
export function stateMeans(key: Pick<ApiKey, "status" | "secrets">): string {
	if (key.status === "revoked") return "Every request with it is refused, for good.";
	if (key.status === "expired") return "Every request with it is refused. Give it a later expiry and it works again.";
	if (key.status === "paused") return "Every request with it is refused until it is resumed.";
	if (key.secrets.length === 0) return "It has not been revealed yet, so nothing can use it.";
	return "Requests with it are let through.";
}

/** Formats which of the key's secrets it is, such as "old key". */
export function formatSecretStatus(secrets: readonly Secret[], kid: string): string {
	const secret = secrets.find((candidate) => candidate.kid === kid);
	if (secret === undefined) return "a key of before";
	if (secrets.length === 1) return secret.last4 === "" ? "the key that was brought along" : `…${secret.last4}`;
	const isNew =
		secret.status === "current" || secret.status === "issued" || (secret === secrets[0] && secrets.every(({ status }) => status === "retired"));
	return `${isNew ? "new" : "old"} key …${secret.last4}`;
}

const AGENTS: Readonly<Record<string, string>> = {
	none: "a program that does not say what it is",
	other: "a program without a name of its own",
	browser: "a browser",
	android: "an Android app",
	apple: "an app on an Apple device",
};

/** Formats the program, in words where its family is not a known name. */
export function formatProgram(agent: string): string {
	return AGENTS[agent] ?? agent;
}

/** Formats the network of a source; `other` stands for all sources beyond the limit. */
export function formatNetwork(network: string): string {
	if (network === "unknown") return "a network that is not known";
	if (network === "hidden") return "a network that is not kept";
	return network === "other" ? "many other clients" : network;
}

export interface Milestone {
	readonly kid: string;
	readonly title: string;
	readonly state: "good" | "attention" | "resting" | "ended";
	readonly means: string;
}

/** A secret as an entry of the timeline. */
export function getMilestone(secret: Secret, key: Pick<ApiKey, "status" | "revoked_at" | "expires_at">): Milestone {
	const base = { kid: secret.kid };
	const key_ended_at = key.status === "revoked" ? key.revoked_at : key.status === "expired" ? key.expires_at : null;
	if (key_ended_at !== null && (secret.retires_at === null || Date.parse(secret.retires_at) >= Date.parse(key_ended_at)))
		return { ...base, title: "Ended", state: "ended", means: "Refused, as the key is." };
	if (secret.status === "retired") return { ...base, title: "Ended", state: "ended", means: "Refused for good." };
	if (secret.status === "retiring") return { ...base, title: "Old key", state: "attention", means: "Both work until it ends." };
	if (secret.status === "issued") return { ...base, title: "Issued", state: "resting", means: "Nothing has used it yet." };
	return { ...base, title: "In use", state: "good", means: "" };
}

/** Whether revoking it breaks a running program; its name must then be typed first. */
export function wasUsedLately(key: Pick<ApiKey, "usage_24h" | "last_used_at">, now_ms: number): boolean {
	return key.usage_24h > 0 || (key.last_used_at !== null && now_ms - Date.parse(key.last_used_at) < DAY_MS);
}
