import type { Finding, Scan, Skipped } from "../scan.ts";
import { describeKey } from "./text.ts";

/** Characters that JSON permits in strings, and a terminal interprets. */
const CONTROL = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;
const RULE = "exposed-key";

/** JSON in which no character controls a terminal. */
export function toSafeJson(value: unknown): string {
	return `${JSON.stringify(value, null, 2).replace(CONTROL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`)}\n`;
}

/** The report for programs. */
export function formatJson(scan: Scan): string {
	const { findings, skipped, skipped_more, files, objects, searcher } = scan;
	return toSafeJson({ findings, not_scanned: skipped, not_scanned_more: skipped_more, scanned: { files, objects, bytes: searcher.bytes } });
}

/** The report as SARIF 2.1.0 (OASIS, 2020), which code hosts show beside the code. */
export function formatSarif(scan: Scan, version: string): string {
	const driver = {
		name: "keywright",
		version,
		rules: [
			{
				id: RULE,
				shortDescription: { text: "An API key is readable here" },
				help: { text: "Replace the key where it is used, then revoke it. Deleting the line is not enough: the key stays in the history." },
				defaultConfiguration: { level: "error" },
			},
		],
	};
	const invocation = { executionSuccessful: true, toolExecutionNotifications: scan.skipped.map(toNotification) };
	const run = { tool: { driver }, columnKind: "utf16CodeUnits", invocations: [invocation], results: scan.findings.map(toResult) };
	return toSafeJson({ $schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs: [run] });
}

function toResult(finding: Finding) {
	const { path, line, commit, kid, last4, environment, format, kind, matched_by } = finding;
	const region = line === null ? {} : { region: { startLine: line } };
	return {
		...{ ruleId: RULE, ruleIndex: 0, level: "error", message: { text: `Exposed ${describeKey(finding)}. Replace it, then revoke it.` } },
		locations: [{ physicalLocation: { artifactLocation: { uri: toUri(path) }, ...region } }],
		partialFingerprints: { "keywright/v1": `${kind}:${format}:${kid ?? last4}:${path}` },
		properties: { commit, kid, last4, environment, format, kind, matched_by },
	};
}

function toNotification({ path, reason }: Skipped) {
	return {
		level: "note",
		message: { text: `Not scanned: ${reason}` },
		locations: [{ physicalLocation: { artifactLocation: { uri: toUri(path) } } }],
	};
}

/** A path as a URI reference: relative, or a `file:` URI. */
function toUri(path: string): string {
	const escaped = path.split("/").map(encodeName).join("/");
	return path.startsWith("/") ? `file://${escaped}` : escaped.replace(/^(?:\.\/)+/, "");
}

function encodeName(name: string): string {
	return encodeURIComponent(name.toWellFormed());
}
