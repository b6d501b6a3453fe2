import { noteKeysFrom } from "../../audit/checkpoints/note.ts";
import { auditKeysFrom } from "../../audit/entry.ts";
import type { Config } from "../../config.ts";
import { systemClock } from "../../core/clock.ts";
import { ALL_TENANTS } from "../../core/context.ts";
import { existingPeppers, openBesideServers } from "../beside.ts";
import { UsageError } from "../usage.ts";
import type { VerifyOptions } from "./options.ts";
import { type Finding, type VerifyReport, verifyAudit } from "./verify.ts";

const EXIT_FOUND = 1;
const EXIT_UNREACHABLE = 3;
const FINDINGS_SHOWN_MAX = 100;
const VALUE_CHARACTERS_MAX = 120;

function getPeppers(config: Config) {
	try {
		return existingPeppers(config);
	} catch (error) {
		throw new UsageError(error instanceof Error ? error.message : "the pepper cannot be read");
	}
}

/** Runs `audit verify`; returns the exit code. Throws `UsageError`. */
export async function auditVerify(config: Config, options: VerifyOptions, version: string): Promise<number> {
	const peppers = getPeppers(config);
	try {
		const beside = await openBesideServers(config, version);
		try {
			const context = { database: beside.database, clock: systemClock, audit_keys: auditKeysFrom(peppers), note_keys: noteKeysFrom(peppers) };
			const report = await verifyAudit(context, options.checkpoint, options.head);
			process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : formatReport(report));
			return report.ok ? 0 : EXIT_FOUND;
		} finally {
			await beside.close();
		}
	} catch (error) {
		const reason = error instanceof Error ? error.message : String(error);
		if (options.json) process.stdout.write(`${JSON.stringify({ ok: false, error: reason })}\n`);
		process.stderr.write(`✗ the audit log could not be verified: ${reason}\n`);
		return EXIT_UNREACHABLE;
	}
}

function formatChain(chain: string): string {
	return chain === ALL_TENANTS ? "the instance's chain" : `tenant ${chain}`;
}

function formatValue(value: unknown): string {
	const text = JSON.stringify(value ?? null);
	return text.length > VALUE_CHARACTERS_MAX ? `${text.slice(0, VALUE_CHARACTERS_MAX)}…` : text;
}

function formatRight({ chain, key_id, right, logged, found, since, until }: Extract<Finding, { kind: "right" }>): string[] {
	const head = `✗ ${formatChain(chain)}, key ${key_id}: `;
	if (right === "key")
		return found === null
			? [`${head}it is in the log and not in the database`, "  it was deleted past Keywright: restore it from a backup, or find out who could"]
			: [`${head}no entry says that it was created`, "  it was inserted past Keywright: revoke it"];
	const when = until === null ? `changed after ${since}` : `changed between ${since} and ${until}, and since then through Keywright`;
	return [
		`${head}${right} is not what the log says`,
		`  the log: ${formatValue(logged)}`,
		`  ${until === null ? "the database" : "found then"}: ${formatValue(found)}`,
		`  ${when}, past Keywright: set it again, and find out who could`,
	];
}

function formatFinding(finding: Finding): string[] {
	switch (finding.kind) {
		case "right":
			return formatRight(finding);
		case "chain":
			return [
				`✗ ${formatChain(finding.chain)}, entry ${finding.seq}: ${finding.reason}`,
				"  entries from here on cannot be trusted: compare with a backup",
			];
		case "checkpoint":
			return [`✗ ${finding.chain === null ? "checkpoints" : formatChain(finding.chain)}: ${finding.reason}`];
	}
}

function formatCount(count: number, noun: string): string {
	return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

/** One fact a line; details indented. */
function formatReport(report: VerifyReport): string {
	const { chains, entries, keys, checkpoints, head, findings } = report;
	const broken = findings.filter(({ kind }) => kind === "chain").length;
	const lines = [
		`${broken === 0 ? "✓" : "✗"} ${formatCount(entries, "entry").replace("entrys", "entries")} in ${formatCount(chains, "chain")}${broken === 0 ? ": none was edited, removed, added or moved" : ""}`,
		`${findings.some(({ kind }) => kind === "right") ? "✗" : "✓"} ${formatCount(keys, "key")} compared with what the log says about their rights`,
		...(checkpoints === null && head !== null
			? []
			: [
					checkpoints === null
						? "! not compared with checkpoints: a database that was rolled back as a whole is found with --checkpoint only"
						: `${findings.some(({ kind }) => kind === "checkpoint") ? "✗" : "✓"} ${formatCount(checkpoints.count, "checkpoint")}${checkpoints.last_at === null ? "" : `, the last of ${checkpoints.last_at}`}${checkpoints.chain === null ? "" : `, about ${formatChain(checkpoints.chain)} only: the other chains were not compared`}`,
				]),
		...(head === null ? [] : [`${head.found ? "✓" : "✗"} compared with the head of ${head.at}`]),
		...findings.slice(0, FINDINGS_SHOWN_MAX).flatMap(formatFinding),
		...(findings.length > FINDINGS_SHOWN_MAX ? [`… and ${findings.length - FINDINGS_SHOWN_MAX} more: see --json`] : []),
	];
	return `${lines.join("\n")}\n`;
}
