import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { excludeBy } from "../scan/files/exclude.ts";
import { GitError } from "../scan/history/git.ts";
import { installHook } from "../scan/history/hook.ts";
import { askFormats, readFormats, Unreachable } from "../scan/report/ask-formats.ts";
import { formatJson, formatSarif } from "../scan/report/json.ts";
import { Progress } from "../scan/report/progress.ts";
import { formatRules, RULE_TOOLS, type RuleTool } from "../scan/report/rules.ts";
import { formatText } from "../scan/report/text.ts";
import type { Scan } from "../scan/scan.ts";
import { type ScanOptions, scanPaths } from "../scan/scan-paths.ts";
import { InvalidFormats, type KeyFormat } from "../scan/search/formats.ts";
import { EXIT, type ExitCode, UsageError } from "./exit.ts";

const HELP = `keywright scan PATH…

Finds API keys of every Keywright instance in files and folders, in archives (.apk, .ipa, .zip, .jar, .aar, .war, .whl and others that are ZIP), and in the
git history of PATH. Keys are recognised by their checksum, so that nothing else is reported. Nothing is sent anywhere, and no key is printed whole.

Options
  --no-history      do not read the git history
  --staged          search only what the next commit adds or changes
  --exclude GLOB    leave out files and folders of this name or path; may be repeated
  --url URL         ask this instance for the formats of imported keys, which have no checksum
  --formats FILE    read these formats from a file: the JSON of GET /api/v1/api-profile
  --json            print the findings as JSON
  --sarif           print the findings as SARIF 2.1.0
  --rules TOOL      print rules for another scanner, gitleaks or secretlint, and search nothing
  --install-hook    write a git hook that runs scan --staged before each commit, and search nothing
  --help            this

Exit codes: 0 nothing found, 1 keys found, 2 wrong usage or an error, 3 the server of --url could not be asked.
`;

const OPTIONS = {
	"no-history": { type: "boolean" },
	staged: { type: "boolean" },
	exclude: { type: "string", multiple: true },
	url: { type: "string" },
	formats: { type: "string" },
	json: { type: "boolean" },
	sarif: { type: "boolean" },
	rules: { type: "string" },
	"install-hook": { type: "boolean" },
	help: { type: "boolean", short: "h" },
} as const;

function parse(args: readonly string[]) {
	try {
		return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
	} catch {
		throw new UsageError("an option of scan is unknown, or its value is missing");
	}
}

/** `keywright scan`: prints what it finds and returns the exit code. Throws `UsageError`. */
export async function runScan(args: readonly string[], version: string): Promise<ExitCode> {
	const { values, positionals } = parse(args);
	if (values.help) return print(HELP);
	if (values["install-hook"]) return installIn(positionals);
	if (values.json && values.sarif) throw new UsageError("--json and --sarif exclude each other");
	let formats: KeyFormat[];
	try {
		formats = await getFormats(values.url, values.formats);
	} catch (error) {
		if (!(error instanceof Unreachable)) throw error;
		process.stderr.write(`keywright: ${error.message}.\n`);
		return EXIT.unreachable;
	}
	if (values.rules !== undefined) return print(formatRules(getTool(values.rules), formats));
	if (positionals.length === 0) throw new UsageError("scan needs at least one PATH");
	if (!positionals.every((path) => existsSync(path))) throw new UsageError("a PATH does not exist or cannot be read");
	const progress = new Progress(process.stderr);
	const history = values.staged ? "staged" : values["no-history"] ? "none" : "all";
	const scan = await search(positionals, { formats, history, exclude: excludeBy(values.exclude ?? []), progress });
	process.stdout.write(values.json ? formatJson(scan) : values.sarif ? formatSarif(scan, version) : formatText(scan));
	return scan.findings.length > 0 ? EXIT.found : EXIT.fine;
}

async function search(paths: readonly string[], options: ScanOptions): Promise<Scan> {
	try {
		return await scanPaths(paths, options);
	} catch (error) {
		if (!(error instanceof GitError)) throw error;
		throw new UsageError(`--staged could not be checked: ${error.message}`);
	}
}

function print(text: string): ExitCode {
	process.stdout.write(text);
	return EXIT.fine;
}

async function getFormats(url: string | undefined, file: string | undefined): Promise<KeyFormat[]> {
	if (url !== undefined && file !== undefined) throw new UsageError("--url and --formats exclude each other");
	if (url !== undefined) {
		const parsed = URL.parse(url);
		if (parsed === null || !/^https?:$/.test(parsed.protocol)) throw new UsageError("--url is not an http or https address");
		return askFormats(parsed);
	}
	if (file === undefined) return [];
	try {
		return readFormats(file);
	} catch (error) {
		if (!(error instanceof InvalidFormats)) throw error;
		throw new UsageError(`--formats cannot be used: ${error.message}`);
	}
}

function getTool(name: string): RuleTool {
	const tool = RULE_TOOLS.find((known) => known === name);
	if (tool === undefined) throw new UsageError(`--rules is one of ${RULE_TOOLS.join(", ")}`);
	return tool;
}

async function installIn(positionals: readonly string[]): Promise<ExitCode> {
	if (positionals.length > 1) throw new UsageError("--install-hook takes one PATH, a repository");
	try {
		await installHook(positionals[0] ?? ".");
	} catch (error) {
		if (!(error instanceof GitError)) throw error;
		throw new UsageError(`the hook was not written: ${error.message}`);
	}
	return print("The pre-commit hook was written: a commit that adds a key is refused.\n");
}
