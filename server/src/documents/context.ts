import type { ChangeContext } from "../audit/change.ts";
import type { Tx } from "../database/transaction.ts";

/** The context of document actions. `scope` is the tenant of the calling key. */
export interface DocumentsContext extends ChangeContext {
	/** The root folder of all tenants' files; created on first use. */
	readonly uploads_dir: string;
	readonly key_id: string;
	/** Repeats the key's authorization inside the committing transaction; throws the error that the request would now get. */
	recheck(tx: Tx): Promise<void>;
}
