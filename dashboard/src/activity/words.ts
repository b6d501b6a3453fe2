import { formatNetwork, formatProgram } from "../keys/text.ts";
import { formatDate } from "../ui/time-words.ts";
import { formatReason } from "../usage/outcomes.ts";

const TITLES: ReadonlyMap<string, string> = new Map([
	["key_invalid", "Key wrong"],
	["too_many_auth_failures", "Too many wrong keys"],
	["key_expired", "Key expired"],
	["key_revoked", "Key was revoked"],
	["key_rotated", "Key was replaced"],
	["key_paused", "Key was paused"],
	["tenant_suspended", "Tenant was suspended"],
	["ip_not_allowed", "Address not allowed"],
	["client_not_allowed", "Used from a browser or an app"],
	["environment_mismatch", "At a site of another environment"],
	["capability_not_in_plan", "Not in the plan"],
	["permission_missing", "Permission missing"],
	["not_found", "Not at this tenant or site"],
	["rate_limited", "Rate limit used up"],
	["quota_exceeded", "Quota used up"],
	["too_many_refusals", "Too many refusals in a row"],
]);

const MISTAKES: ReadonlyMap<string, string> = new Map([
	["truncated", "Key cut off"],
	["trailing_newline", "Key with a line end"],
	["quoted", "Key in quotes"],
	["wrong_checksum", "Key mistyped"],
]);

/** Why a request was refused, by its code alone. */
export function codeTitle(code: string): string {
	return TITLES.get(code) ?? formatReason(code);
}

interface Refused {
	readonly code: string;
	readonly proven: boolean;
	/** The permission, capability, limit, budget, time of expiry or mistake; null if it is not known or not one. */
	readonly subject: string | null;
}

/** Why requests were refused, in a few words: "Rate limit “burst” used up". */
export function refusalTitle({ code, proven, subject }: Refused, now_ms: number): string {
	const title = named(code, subject, now_ms) ?? codeTitle(code);
	return proven ? title : `${title}, not proven`;
}

function named(code: string, subject: string | null, now_ms: number): string | undefined {
	if (subject === null) return undefined;
	if (code === "key_invalid") return MISTAKES.get(subject) ?? codeTitle(code);
	if (code === "rate_limited") return `Rate limit “${subject}” used up`;
	if (code === "quota_exceeded") return `Budget “${subject}” used up`;
	if (code === "permission_missing") return `Permission ${subject} missing`;
	if (code === "capability_not_in_plan") return `Plan without ${subject}`;
	return code === "key_expired" ? `Key expired on ${formatDate(subject, now_ms)}` : undefined;
}

const SUBJECTS = ["permission", "capability", "limit", "budget", "expired_at", "mistake"] as const;

/** The subject of a single refusal, as the API names it for groups. */
export function subjectOf(facts: Readonly<Record<string, unknown>>): string | null {
	const found = SUBJECTS.map((name) => facts[name]).find((value) => typeof value === "string");
	return typeof found === "string" ? found : null;
}

interface Client {
	readonly name: string | null;
	readonly network: string | null;
	readonly agent: string | null;
	readonly client: string | null;
}

/** The overflow of a key's clients, and groups of several clients. */
function isSeveral({ network, agent }: Client): boolean {
	return network === "other" || (network === null && agent === null);
}

/** A route in a few words: "POST /sites/{site}/documents". */
export function shortOperation(operation: string): string {
	return operation.replace(" /api/v1/m2m/", " /").replace(/:(\w+?)_id\b/g, "{$1}");
}

/** Who sent it: with a right secret a client by its name or program, else the network alone. */
export function clientTitle(source: Client, proven: boolean): string {
	if (!proven) return source.network === null || source.network === "other" ? "several networks" : formatNetwork(source.network);
	if (isSeveral(source)) return "several clients";
	return source.name ?? source.client ?? (source.agent === null ? formatNetwork(source.network ?? "other") : formatProgram(source.agent));
}

/** The same with its network, for a choice among many. */
export function clientChoice(source: Client, proven: boolean): string {
	const title = clientTitle(source, proven);
	return !proven || isSeveral(source) || source.network === null ? title : `${title} · ${formatNetwork(source.network)}`;
}

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const DAY_MS = 86_400_000;

/** "03:29" within a day, "28 Nov" before. */
export function lastTime(time: string, now_ms: number): string {
	return now_ms - Date.parse(time) < DAY_MS ? clock.format(Date.parse(time)) : formatDate(time, now_ms);
}

/** The viewer's zone in a few letters: "UTC", "CET", "GMT+1". */
export function shortZone(now_ms: number): string {
	const parts = new Intl.DateTimeFormat("en-GB", { timeZoneName: "short" }).formatToParts(now_ms);
	return parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
}
