import type { DatabaseContext } from "../database/database.ts";
import { type ReadTx, read } from "../database/transaction.ts";
import { type AuditKeys, digestDetails, entryMac } from "./entry.ts";
import { readChain, readHead } from "./store.ts";

const PAGE_ENTRIES = 1_000;

export type StoredEntry = Awaited<ReturnType<typeof readChain>>[number];
export type ChainFinding = { intact: true; entries: number } | { intact: false; seq: number; reason: string };

/** Verifies the whole chain: whether an entry was edited, removed, added or reordered, and the first position where that shows. */
export async function verifyChain(
	context: Pick<DatabaseContext, "database" | "scope"> & { audit_keys: AuditKeys },
	chain: string,
): Promise<ChainFinding> {
	return read(context, (tx) => verifyChainIn(tx, context.audit_keys, chain));
}

/** The same in a transaction of the caller. `onEntry` gets each valid entry, in order. */
export async function verifyChainIn(
	tx: ReadTx,
	audit_keys: AuditKeys,
	chain: string,
	onEntry: (entry: StoredEntry) => void = () => undefined,
): Promise<ChainFinding> {
	let previous: Buffer = Buffer.alloc(0);
	let last = 0;
	for (;;) {
		// Read before the entries, because of concurrent appends: everything up to this head must then be among the entries.
		const head = await readHead(tx, chain);
		const entries = await readChain(tx, chain, last, PAGE_ENTRIES);
		for (const entry of entries) {
			const reason = validateEntry(entry, { seq: last + 1, previous, keys: audit_keys });
			if (reason !== null) return { intact: false, seq: last + 1, reason };
			previous = entry.mac;
			last = entry.seq;
			onEntry(entry);
		}
		if (entries.length === PAGE_ENTRIES) continue;
		const end = head?.seq ?? 0;
		if (end === last && (head === undefined || head.mac.equals(previous))) return { intact: true, entries: last };
		if (end >= last) return { intact: false, seq: last + 1, reason: "the last entries were removed" };
		if (entries.length === 0) return { intact: false, seq: end + 1, reason: "entries were added after the recorded end" };
	}
}

/** Why an entry is invalid at position `seq`, after an entry with the MAC `previous`; null if it is valid. */
function validateEntry(entry: StoredEntry, expected: { seq: number; previous: Buffer; keys: AuditKeys }): string | null {
	if (entry.seq !== expected.seq) return "an entry is missing";
	const key = expected.keys.byId.get(entry.audit_key_id);
	if (!key) return "its pepper is not configured";
	if (entry.details !== null && !digestDetails(entry.details).equals(entry.details_digest)) return "its details were edited";
	if (!entryMac(key, { ...entry, at: entry.at.toISOString() }, expected.previous).equals(entry.mac)) return "the entry was edited";
	return null;
}
