import type { ChangeContext } from "../audit/change.ts";
import type { Peppers } from "../core/pepper.ts";

/** What an action on keys needs: with the peppers it makes MACs, with the brand it begins raw keys. */
export interface KeysContext extends ChangeContext {
	readonly peppers: Peppers;
	readonly key_brand: string;
}
