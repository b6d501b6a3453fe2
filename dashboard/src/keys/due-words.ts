import type { Meaning } from "../ui/theme.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../ui/time-units.ts";
import { relativeTime } from "../ui/time-words.ts";
import { type Nearness, nearness } from "./words.ts";

/** A date that is near or past: a short form for lists and a sentence. */
export interface Due {
	readonly nearness: Nearness;
	readonly meaning: Meaning;
	readonly short: string;
	readonly whole: string;
}

function counted(count: number, unit: string): string {
	return count === 1 ? `1 ${unit}` : `${count} ${unit}s`;
}

/** "5 days", "3 hours": the time left or passed, in days while it is at least a day. Never "0". */
export function formatSpan(span_ms: number): string {
	if (span_ms >= DAY_MS) return counted(Math.round(span_ms / DAY_MS), "day");
	return span_ms >= HOUR_MS ? counted(Math.round(span_ms / HOUR_MS), "hour") : counted(Math.max(1, Math.round(span_ms / MINUTE_MS)), "minute");
}

const MEANING_OF_END: Readonly<Record<Exclude<Nearness, "none" | "far">, Meaning>> = {
	month: "coming",
	week: "attention",
	day: "last",
	over: "ended",
};

/** The end of a key, from 30 days before; null earlier or without one. */
export function expiryDue(expires_at: string | null, now_ms: number): Due | null {
	const near = nearness(expires_at, now_ms);
	if (expires_at === null || near === "none" || near === "far") return null;
	const of = { nearness: near, meaning: MEANING_OF_END[near] };
	if (near === "over") {
		const ago = relativeTime(expires_at, now_ms);
		return { ...of, short: ago, whole: `Expired ${ago}` };
	}
	const left = formatSpan(Date.parse(expires_at) - now_ms);
	return { ...of, short: `in ${left}`, whole: `Expires in ${left}` };
}

/** The date by which a key should be replaced, from a week before. The key keeps working after it, so it is never red. */
export function replacementDue(rotation_due_at: string | null, now_ms: number): Due | null {
	const near = nearness(rotation_due_at, now_ms);
	if (rotation_due_at === null || near === "none" || near === "far" || near === "month") return null;
	const of = { nearness: near, meaning: "attention" } as const;
	const span = formatSpan(Math.abs(Date.parse(rotation_due_at) - now_ms));
	if (near === "over") return { ...of, short: `overdue by ${span}`, whole: `Replacement overdue by ${span}` };
	return { ...of, short: `in ${span}`, whole: `Replacement due in ${span}` };
}
