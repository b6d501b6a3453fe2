import type { ChangeContext } from "../audit/change.ts";
import type { Tx } from "../database/transaction.ts";

/** The context of document actions. `scope` is the tenant of the calling key. */
export interface DocumentsContext extends ChangeContext {
	/** The folder of all files of all tenants; made when first needed. */
	readonly uploads_dir: string;
	readonly key_id: string;
	/** Reads key and tenant again inside the committing transaction; throws the failure when the key may no longer do this. */
	recheck(tx: Tx): Promise<void>;
}
