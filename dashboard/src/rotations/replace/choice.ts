import { DAY_MS, SECOND_MS } from "../../ui/time-units.ts";
import type { RotateBody } from "../queries.ts";

/** After this many days the server ends an old key without a fixed end, even if it is in use. */
const HARD_STOP_DAYS = 30;

/** How long the old key keeps working. */
export const UNTIL = ["moved", "time", "now"] as const;
export type Until = (typeof UNTIL)[number];
export type Way = "handover" | "show";

export const OVERLAPS = [
	{ seconds: 3_600, label: "1 hour" },
	{ seconds: 21_600, label: "6 hours" },
	{ seconds: 86_400, label: "1 day" },
	{ seconds: 259_200, label: "3 days" },
	{ seconds: 604_800, label: "7 days" },
	{ seconds: 2_592_000, label: "30 days" },
] as const;
const OVERLAP_AT_FIRST_SECONDS = 86_400;

export interface ReplaceValues {
	readonly until: Until;
	readonly overlap_seconds: number;
	readonly way: Way;
	readonly email: string;
	/** The key's name, typed as a confirmation where ending it at once stops a running program. */
	readonly typed: string;
}

export const VALUES_AT_FIRST: ReplaceValues = { until: "moved", overlap_seconds: OVERLAP_AT_FIRST_SECONDS, way: "handover", email: "", typed: "" };

/** Applies a choice of the old key's end. With a link the old key works until the reveal, so an end at once needs the new key shown. */
export function withUntil(values: ReplaceValues, until: Until): ReplaceValues {
	return { ...values, until, ...(until === "now" && values.until !== "now" ? { way: "show" as const } : {}) };
}

export function toBody({ until, overlap_seconds, way, email }: ReplaceValues): RotateBody {
	const address = email.trim();
	return {
		...(until === "moved" ? {} : { overlap_seconds: until === "now" ? 0 : overlap_seconds }),
		...(way === "handover" ? { handover: address === "" ? {} : { email: address } } : {}),
	};
}

/** The latest end of the old key if the rotation starts now. Null: at once. */
export function getLastDay({ until, overlap_seconds }: ReplaceValues, now_ms: number): number | null {
	if (until === "now") return null;
	return now_ms + (until === "moved" ? HARD_STOP_DAYS * DAY_MS : overlap_seconds * SECOND_MS);
}

/** The label of the button. */
export function formatButton({ until, way }: ReplaceValues): string {
	if (way === "handover") return until === "now" ? "Make the link; the old key ends when the new one is revealed" : "Make the new key's link";
	return until === "now" ? "End the old key now and show the new one" : "Make the new key and show it once";
}

/** The key's end after the rotation: "1 May 2027", "never". */
export function formatExpiry(before: string | null, after: string | null, format: (time: string) => string): string {
	if (before === null && after === null) return "It never expires, as before.";
	if (before === null) return `It had no end. Your plan asks for one: it expires ${format(after ?? "")}.`;
	if (after === null) return `It would have expired ${format(before)}; now it never expires.`;
	const same = format(before) === format(after);
	return same ? `It expires ${format(after)}, as before.` : `It would have expired ${format(before)}; now it expires ${format(after)}.`;
}
