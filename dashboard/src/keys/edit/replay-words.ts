import type { paths } from "../../http/openapi.gen.ts";
import { formatProgram } from "../text.ts";

type Post = paths["/api/v1/tenants/{tenant_id}/api-keys/{key_id}/narrowing"]["post"];
export type Replay = Post["responses"][200]["content"]["application/json"];
export type Narrowing = NonNullable<Post["requestBody"]>["content"]["application/json"];
type Refused = Replay["refused"][number];

const SHOWN_MAX = 3;
const WEEKDAYS = ["Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays"] as const;
const WEEKDAYS_NAMED_MAX = 2;
const count = new Intl.NumberFormat("en");
const requests = (amount: number): string => (amount === 1 ? "1 request" : `${count.format(amount)} requests`);

/** What a narrower key would have refused, in a sentence: "3 of 41,208 requests of the last 30 days would have been refused." */
export function formatReplay(replay: Replay): string {
	const { would_refuse, would_refuse_at_most: most, exact, unknown } = replay;
	const all = `${requests(replay.requests)} of the last 30 days`;
	if (replay.requests === 0) return "It made no requests in the last 30 days: nothing shows what it needs.";
	if (exact && most === 0) return `None of its ${all} would have been refused.`;
	if (exact) return `${count.format(most)} of its ${all} would have been refused.`;
	const range = `${would_refuse === 0 ? "Up to" : `${count.format(would_refuse)} to`} ${count.format(most)} of its ${all} would have been refused.`;
	return `${range} ${unknown ? "It made too many kinds of requests to know each of them." : "What is recorded of them does not say it more exactly."}`;
}

/** What would have been refused, and when, the most first: "nightly export, documents:write, Tuesdays". */
export function listRefused({ refused, others }: Replay): string[] {
	const shown = refused.slice(0, SHOWN_MAX);
	const rest = refused.slice(SHOWN_MAX).reduce((total, one) => total + one.requests, others);
	return [...shown.map(formatRefused), ...(rest === 0 ? [] : [`${requests(rest)} of others`])];
}

function formatRefused({ operation, site_id, source, days, weekdays, requests: amount, certain }: Refused): string {
	const who = source === null ? "not known from where" : (source.name ?? `${formatProgram(source.agent)} at ${source.network}`);
	const what = operation === "" ? [] : [operation];
	const where = site_id === null ? [] : [`site ${site_id}`];
	return `${certain ? "" : "up to "}${count.format(amount)}: ${[who, ...what, ...where, formatDays(days, weekdays)].join(", ")}`;
}

function formatDays(days: number, weekdays: readonly number[]): string {
	if (days > 1 && weekdays.length <= WEEKDAYS_NAMED_MAX) return weekdays.map((weekday) => WEEKDAYS[weekday - 1]).join(" and ");
	return days === 1 ? "on one day" : `on ${days} days`;
}
