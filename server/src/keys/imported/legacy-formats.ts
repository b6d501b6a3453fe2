import type { ChangeContext } from "../../audit/change.ts";
import { ALL_TENANTS } from "../../core/context.ts";
import type { Log } from "../../core/log.ts";
import type { Database, DatabaseContext } from "../../database/database.ts";
import { read } from "../../database/read.ts";
import { Live } from "../../nodes/live.ts";
import type { Node } from "../../nodes/node.ts";
import type { LegacyFormat } from "./format.ts";
import { countLegacyUses, type LegacyUse, readLegacyFormats, type StoredLegacyFormat } from "./format-store.ts";
import type { LegacyFormatAnswer } from "./schema.ts";

/** The formats in memory; one list for the whole instance. */
export type LiveLegacyFormats = Live<readonly LegacyFormat[]>;

/** What the actions on formats need: the brand, because nothing that begins like our own keys is another's. */
export interface LegacyFormatContext extends ChangeContext {
	readonly key_brand: string;
}

/** What an import invalidates: texts that were unknown may be keys from then on. */
export const LEGACY_KEYS_ID = "legacy_keys";

export function liveLegacyFormats(options: { database: Database; node: Node; log: Log }): LiveLegacyFormats {
	const { database, node, log } = options;
	return new Live<readonly LegacyFormat[]>({
		...{ node, log, kind: "legacy_formats", initial: [] },
		read: () => read({ database, scope: ALL_TENANTS }, readLegacyFormats),
	});
}

export function describeLegacyFormat(format: StoredLegacyFormat, use: LegacyUse | undefined): LegacyFormatAnswer {
	const { name, prefix, alphabet, length_min, length_max } = format;
	const { keys = 0, keys_never_used = 0 } = use ?? {};
	return { name, prefix, alphabet, length_min, length_max, created_at: format.created_at.toISOString(), keys, keys_never_used };
}

/** All formats of keys that were issued elsewhere, and how many keys of each are still there; sorted by name. They are few, so this is no page. */
export async function listLegacyFormats(context: DatabaseContext): Promise<{ data: LegacyFormatAnswer[] }> {
	return read(context, async (tx) => {
		const uses = await countLegacyUses(tx);
		return { data: (await readLegacyFormats(tx)).map((format) => describeLegacyFormat(format, uses.get(format.name))) };
	});
}
