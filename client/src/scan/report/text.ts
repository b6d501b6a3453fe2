import { escapeControls } from "../files/path.ts";
import type { Finding, Scan } from "../scan.ts";

const SKIPPED_SHOWN_MAX = 20;
const COMMIT_CHARACTERS = 12;

/** The readable report: where each key is and what to do, then what was not searched. Ends with a line feed. */
export function formatText(scan: Scan): string {
	const { findings } = scan;
	const lines = findings.flatMap(formatFinding);
	if (findings.length > 0) lines.push(...formatNextSteps(findings), "");
	if (scan.skipped.length > 0) lines.push(...formatSkipped(scan), "");
	lines.push(formatSummary(scan), "");
	return lines.join("\n");
}

function formatFinding(finding: Finding): string[] {
	const { path, line, commit } = finding;
	const place = escapeControls(path) + (line === null ? " (in its name)" : `:${line}`);
	return [place, `    ${describeKey(finding)}`, ...(commit === null ? [] : [`    in history since commit ${commit.slice(0, COMMIT_CHARACTERS)}`])];
}

/** What is shown of a key, in words. */
export function describeKey({ kind, kid, last4, environment, format, matched_by }: Finding): string {
	if (kind === "service_credential") return `service credential ${kid}, …${last4}`;
	if (kind === "imported_key") return `key of the format ${format}, …${last4} (matched by its ${matched_by} only)`;
	return `${environment} key ${kid}, …${last4} (${format})`;
}

function formatNextSteps(findings: readonly Finding[]): string[] {
	const in_history = findings.some(({ commit }) => commit !== null);
	return [
		"",
		"What to do: replace each key where it is used, then revoke it. Search for its id on the page API Access.",
		...(in_history ? ["A key in history stays readable in every clone: deleting the line does not help, revoking the key does."] : []),
	];
}

function formatSkipped({ skipped, skipped_more }: Scan): string[] {
	const shown = skipped.slice(0, SKIPPED_SHOWN_MAX);
	const more = skipped.length - shown.length + skipped_more;
	return [
		"Not scanned:",
		...shown.map(({ path, reason }) => `    ${escapeControls(path)}: ${reason}`),
		...(more > 0 ? [`    and ${more} more; --json lists up to ${skipped.length} of them`] : []),
	];
}

function formatSummary({ findings, files, objects, searcher }: Scan): string {
	const keys = new Set(findings.map(({ kid, last4, format }) => `${kid} ${last4} ${format}`)).size;
	const history = objects > 0 ? ` and ${count(objects, "object")} of git` : "";
	const found = findings.length === 0 ? "No keys found" : `${count(keys, "key")} found at ${count(findings.length, "place")}`;
	return `${found} in ${count(files, "file")}${history} (${(searcher.bytes / 1e6).toFixed(1)} MB).`;
}

function count(number: number, noun: string): string {
	return `${number.toLocaleString("en-US")} ${noun}${number === 1 ? "" : "s"}`;
}
