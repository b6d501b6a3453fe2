import { formatPace, formatWindow, type RateLimit } from "../../plans/plan-words.ts";

/** A key's own limit as the form holds it. */
export interface OwnLimit {
	/** Null: a name is generated on saving. */
	readonly name: string | null;
	/** Null while the field is empty. */
	readonly requests: number | null;
	readonly window_seconds: number;
}

/** A key's own limit as the API has it. */
export interface KeyRateLimit {
	readonly name: string;
	readonly requests: number;
	readonly window_seconds: number;
}

/** The windows to choose from; the API accepts any up to an hour. */
const WINDOWS = [60, 3_600] as const;
const count = new Intl.NumberFormat("en");
const NAMES: Readonly<Record<number, string>> = { 60: "own-minute", 3600: "own-hour" };

/** Another limit, for a window that has none yet; null when every window has one. */
export function anotherLimit(limits: readonly OwnLimit[]): OwnLimit | null {
	const window_seconds = WINDOWS.find((seconds) => !limits.some((limit) => limit.window_seconds === seconds));
	return window_seconds === undefined ? null : { name: null, requests: null, window_seconds };
}

/** The windows that a limit can be set to: the fixed choices and its current one. */
export function windowsFor(limit: OwnLimit): { value: string; label: string }[] {
	return [...new Set([...WINDOWS, limit.window_seconds])]
		.sort((a, b) => a - b)
		.map((seconds) => ({ value: String(seconds), label: formatWindow(seconds) }));
}

/** Regenerates a generated name for the new window; keeps a name that a person chose. */
export function withWindow(limit: OwnLimit, window_seconds: number): OwnLimit {
	return {
		...limit,
		window_seconds,
		name: limit.name === null || Object.values(NAMES).some((name) => limit.name?.startsWith(name)) ? null : limit.name,
	};
}

export interface LimitFault {
	readonly index: number;
	readonly text: string;
}

/** The most requests that `limit` allows in any `window_seconds`: its own windows that cover that time, times its requests. */
function allowedIn(limit: { readonly requests: number; readonly window_seconds: number }, window_seconds: number): number {
	return limit.requests * Math.ceil(window_seconds / limit.window_seconds);
}

/** Another limit of the key that is always reached before this one, or null. */
function reachedBefore(limits: readonly OwnLimit[], index: number): string | null {
	const limit = limits[index];
	if (limit === undefined) return null;
	for (const [at, { requests, window_seconds }] of limits.entries()) {
		if (at === index || requests === null || window_seconds === limit.window_seconds) continue;
		const most = allowedIn({ requests, window_seconds }, limit.window_seconds);
		if (most < (limit.requests ?? 0) || (at < index && most === limit.requests))
			return `The limit of ${formatPace({ requests, window_seconds })} is reached first: choose fewer than ${count.format(most)}`;
	}
	return null;
}

/** The first error in the limits, or null. A limit at or above the plan's is an error, because it would have no effect. */
export function validateLimits(limits: readonly OwnLimit[], of_plan: readonly RateLimit[]): LimitFault | null {
	for (const [index, { requests, window_seconds }] of limits.entries()) {
		if (requests === null || requests < 1) return { index, text: "Say how many requests" };
		if (limits.slice(0, index).some((earlier) => earlier.window_seconds === window_seconds))
			return { index, text: `There is a limit for ${formatWindow(window_seconds)} already` };
		const stricter = of_plan.find((limit) => !limit.named_only && allowedIn(limit, window_seconds) <= requests);
		if (stricter) return { index, text: `Your plan allows ${formatPace(stricter)} anyway: choose fewer` };
		const other = reachedBefore(limits, index);
		if (other) return { index, text: other };
	}
	return null;
}

/** Converts limits for the API, each with a name that is unique among these and the plan's. */
export function toRateLimits(limits: readonly OwnLimit[], of_plan: readonly Pick<RateLimit, "name">[]): KeyRateLimit[] {
	const taken = new Set([...of_plan, ...limits].flatMap(({ name }) => name ?? []));
	return limits.map(({ name, requests, window_seconds }) => {
		const given = name ?? freeName(NAMES[window_seconds] ?? `own-${window_seconds}s`, taken);
		taken.add(given);
		return { name: given, requests: requests ?? 0, window_seconds };
	});
}

function freeName(base: string, taken: ReadonlySet<string>): string {
	for (let number = 1; ; number += 1) {
		const name = number === 1 ? base : `${base}-${number}`;
		if (!taken.has(name)) return name;
	}
}

/** "at most 60 requests in a minute and 1,000 requests in an hour"; null without any. */
export function formatLimits(limits: readonly OwnLimit[]): string | null {
	const paces = limits.flatMap(({ requests, window_seconds }) => (requests === null ? [] : [formatPace({ requests, window_seconds })]));
	return paces.length === 0 ? null : `at most ${paces.join(" and ")}`;
}

/** The plan's limits that apply to every request. */
export function planPace(of_plan: readonly RateLimit[]): string | null {
	const paces = of_plan
		.filter((limit) => !limit.named_only)
		.map((limit) => `${formatPace(limit)} ${limit.per === "tenant" ? "for all keys together" : "for each key"}`);
	return paces.length === 0 ? null : `Your plan allows ${paces.join(", and ")}`;
}
