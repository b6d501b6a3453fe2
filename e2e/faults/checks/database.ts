/** Checks the database after a kill, and the audit chains with the product's own verification. */
import { auditKeysFrom } from "../../../server/src/audit/entry.ts";
import { verifyChain } from "../../../server/src/audit/verify.ts";
import { createLog } from "../../../server/src/core/log.ts";
import { parsePeppers } from "../../../server/src/core/pepper.ts";
import { connectDatabase } from "../../../server/src/database/database.ts";
import type { Findings } from "../scenario.ts";
import { checkLedger } from "./after-kill.ts";
import type { Ledger } from "./ledger.ts";
import { checkRows } from "./rows.ts";
import { readStored } from "./stored.ts";

async function checkChains(url: string, pepper: string, chains: readonly string[], findings: Findings): Promise<number> {
	const database = connectDatabase({ url, log: createLog({ level: "fatal", brand: "kw" }), connections_max: 1 });
	try {
		const audit_keys = auditKeysFrom(parsePeppers(pepper));
		let entries = 0;
		for (const chain of chains) {
			const finding = await verifyChain({ database, scope: "*", audit_keys }, chain);
			findings.expect(finding.intact, () => `the audit chain of ${chain} is broken: ${JSON.stringify(finding)}`);
			if (finding.intact) entries += finding.entries;
		}
		return entries;
	} finally {
		await database.close();
	}
}

/** Checks everything; returns the number of audit entries in intact chains. No change may be in flight. */
export async function checkDatabase(place: { url: string; pepper: string }, ledger: Ledger, findings: Findings): Promise<number> {
	const stored = await readStored(place.url);
	checkRows(stored, findings);
	checkLedger(stored, ledger, findings);
	return checkChains(place.url, place.pepper, stored.chains, findings);
}
