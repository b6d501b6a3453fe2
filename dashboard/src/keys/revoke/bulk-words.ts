import { DAY_MS } from "../../ui/time-units.ts";
import type { Environment } from "../words.ts";

/** The keys to revoke: selected ones, or all of an integration, an environment or a person. */
export type BulkTarget = { readonly kind: "keys"; readonly key_ids: readonly string[] } | { readonly kind: "filter"; readonly filter: BulkFilter };

export interface BulkFilter {
	readonly integration?: string;
	readonly environment?: Environment;
	readonly owner?: string;
}

/** The request body for a target; null while the filter is empty, because an empty filter would match every key. */
export function toSelection(target: BulkTarget): { key_ids: string[] } | { filter: BulkFilter } | null {
	if (target.kind === "keys") return target.key_ids.length === 0 ? null : { key_ids: [...target.key_ids] };
	return Object.keys(target.filter).length === 0 ? null : { filter: target.filter };
}

/** Whether one of them was used in the last day, so that revoking breaks a running program. */
export function inUse(keys: readonly { readonly last_used_at: string | null; readonly usage_24h: number }[], now_ms: number): number {
	return keys.filter((key) => key.usage_24h > 0 || (key.last_used_at !== null && now_ms - Date.parse(key.last_used_at) < DAY_MS)).length;
}

/** The confirmation to type before revoking keys in use. */
export function confirmationText(keys: readonly { readonly name: string }[]): string {
	return keys.length === 1 ? (keys[0]?.name ?? "") : `revoke ${keys.length} keys`;
}
