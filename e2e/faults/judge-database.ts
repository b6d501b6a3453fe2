/** Judges what is in the database after a kill, and the audit chains, which the product's own verification judges. */
import { auditKeysFrom } from "../../server/src/audit/entry.ts";
import { verifyChain } from "../../server/src/audit/verify.ts";
import { createLog } from "../../server/src/core/log.ts";
import { parsePeppers } from "../../server/src/core/pepper.ts";
import { connectDatabase } from "../../server/src/database/database.ts";
import { judgeLedger } from "./after-a-kill.ts";
import { judgeRows } from "./half-done.ts";
import type { Ledger } from "./ledger.ts";
import type { Judge } from "./scenario.ts";
import { readStored } from "./stored.ts";

async function judgeChains(url: string, pepper: string, chains: readonly string[], judge: Judge): Promise<number> {
	const database = connectDatabase({ url, log: createLog({ level: "fatal", brand: "kw" }), connections_max: 1 });
	try {
		const audit_keys = auditKeysFrom(parsePeppers(pepper));
		let entries = 0;
		for (const chain of chains) {
			const finding = await verifyChain({ database, scope: "*", audit_keys }, chain);
			judge.expect(finding.intact, () => `the audit chain of ${chain} is broken: ${JSON.stringify(finding)}`);
			if (finding.intact) entries += finding.entries;
		}
		return entries;
	} finally {
		await database.close();
	}
}

/** Judges everything; the number of audit entries in whole chains. No change may be under way. */
export async function judgeDatabase(place: { url: string; pepper: string }, ledger: Ledger, judge: Judge): Promise<number> {
	const stored = await readStored(place.url);
	judgeRows(stored, judge);
	judgeLedger(stored, ledger, judge);
	return judgeChains(place.url, place.pepper, stored.chains, judge);
}
