import type { DatabaseContext } from "../database/database.ts";
import { read } from "../database/read.ts";
import { type AuditKeys, digestDetails, entryMac } from "./entry.ts";
import { readChain, readHead } from "./store.ts";

const PAGE_ENTRIES = 1_000;

export type ChainFinding = { intact: true; entries: number } | { intact: false; seq: number; reason: string };

/** Reads the whole chain and says whether an entry was edited, removed, added or reordered, and where the first such trace is. */
export async function verifyChain(context: Pick<DatabaseContext, "database" | "scope"> & { audit_keys: AuditKeys }, chain: string): Promise<ChainFinding> {
	return read(context, async (tx) => {
		let previous: Buffer = Buffer.alloc(0);
		let expected = 1;
		for (;;) {
			const entries = await readChain(tx, chain, expected - 1, PAGE_ENTRIES);
			for (const entry of entries) {
				if (entry.seq !== expected) return { intact: false, seq: expected, reason: "an entry is missing" };
				const key = context.audit_keys.byId.get(entry.audit_key_id);
				if (!key) return { intact: false, seq: entry.seq, reason: "its pepper is not configured" };
				if (entry.details !== null && !digestDetails(entry.details).equals(entry.details_digest)) {
					return { intact: false, seq: entry.seq, reason: "its details were edited" };
				}
				if (!entryMac(key, { ...entry, at: entry.at.toISOString() }, previous).equals(entry.mac)) {
					return { intact: false, seq: entry.seq, reason: "the entry was edited" };
				}
				previous = entry.mac;
				expected += 1;
			}
			if (entries.length < PAGE_ENTRIES) break;
		}
		const head = await readHead(tx, chain);
		const last = expected - 1;
		if ((head?.seq ?? 0) !== last || (head && !head.mac.equals(previous))) return { intact: false, seq: last + 1, reason: "the last entries were removed" };
		return { intact: true, entries: last };
	});
}
