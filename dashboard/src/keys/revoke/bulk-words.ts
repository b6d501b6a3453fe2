import { DAY_MS } from "../../ui/time-units.ts";
import type { Environment } from "../words.ts";

/** Which keys are meant: chosen one by one, or all that an integration, an environment or a person has. */
export type BulkTarget = { readonly kind: "keys"; readonly key_ids: readonly string[] } | { readonly kind: "filter"; readonly filter: BulkFilter };

export interface BulkFilter {
	readonly integration?: string;
	readonly environment?: Environment;
	readonly owner?: string;
}

/** What the API takes for a target; null while a filter names nothing: that would be every key there is. */
export function selectionOf(target: BulkTarget): { key_ids: string[] } | { filter: BulkFilter } | null {
	if (target.kind === "keys") return target.key_ids.length === 0 ? null : { key_ids: [...target.key_ids] };
	return Object.keys(target.filter).length === 0 ? null : { filter: target.filter };
}

/** Whether one of them was used in the last day: then revoking breaks something that runs. */
export function inUse(keys: readonly { readonly last_used_at: string | null; readonly usage_24h: number }[], now_ms: number): number {
	return keys.filter((key) => key.usage_24h > 0 || (key.last_used_at !== null && now_ms - Date.parse(key.last_used_at) < DAY_MS)).length;
}

/** What is typed before keys in use are revoked. */
export function confirmationText(keys: readonly { readonly name: string }[]): string {
	return keys.length === 1 ? (keys[0]?.name ?? "") : `revoke ${keys.length} keys`;
}
