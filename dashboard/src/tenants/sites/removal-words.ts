import type { paths } from "../../http/openapi.gen.ts";

export type SiteRemoval =
	paths["/api/v1/tenants/{tenant_id}/sites/{site_id}/removal-preview"]["get"]["responses"][200]["content"]["application/json"];

const exact = new Intl.NumberFormat("en");
const counted = (number: number, one: string): string => `${exact.format(number)} ${number === 1 ? one : `${one}s`}`;

/** How much stops, by the shortest period in which something was seen. */
export function formatRequestsAt({ last_hour, last_day, last_week }: SiteRemoval["requests"]): string {
	if (last_week === 0) return "No request was allowed there in the last 7 days.";
	if (last_day === 0) return `${counted(last_week, "request")} in the last 7 days, none in the last 24 hours: such requests fail.`;
	return `${counted(last_day, "request")} in the last 24 hours, ${last_hour === 0 ? "none" : exact.format(last_hour)} in the last hour: such requests fail.`;
}

/** How many keys are touched: bound ones lose it, the others are every key that works at all sites. */
export function formatLosing({ keys_bound, keys_everywhere }: Pick<SiteRemoval, "keys_bound" | "keys_everywhere">): string {
	const bound = keys_bound === 0 ? "No key is bound to it" : `${counted(keys_bound, "key")} ${keys_bound === 1 ? "is" : "are"} bound to it`;
	if (keys_everywhere === 0) return `${bound}.`;
	return `${bound}; ${counted(keys_everywhere, "other key")} ${keys_everywhere === 1 ? "works" : "work"} at every site, and no longer at this one.`;
}
