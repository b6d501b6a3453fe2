import { readFileSync } from "node:fs";
import { EXIT, type ExitCode, UsageError } from "./exit.ts";
import { runScan } from "./scan.ts";

const HELP = `keywright <command>

Commands
  scan PATH…   find API keys in files, archives and git history; see keywright scan --help

Options
  --help, --version

Exit codes: 0 nothing found, 1 keys found, 2 wrong usage or an error, 3 the server of --url could not be asked.
`;

/** The version of this package. */
function readVersion(): string {
	const value: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
	return typeof value === "object" && value !== null && "version" in value ? String(value.version) : "unknown";
}

async function run(args: readonly string[]): Promise<ExitCode> {
	const [command, ...rest] = args;
	if (command === "scan") return runScan(rest, readVersion());
	if (command === "--version" || command === "-v") {
		process.stdout.write(`${readVersion()}\n`);
		return EXIT.fine;
	}
	if (command === "--help" || command === "-h") {
		process.stdout.write(HELP);
		return EXIT.fine;
	}
	throw new UsageError(command === undefined ? "a command is missing" : "there is no such command");
}

/** Ends the command where nothing expected the error: Node's own exit code would be 1, which means that keys were found. Its message may contain a path. */
function failWith(error: unknown): never {
	const name = error instanceof Error ? error.name : "unknown";
	const code = error instanceof Error && "code" in error ? ` ${String(error.code)}` : "";
	process.stderr.write(`keywright: an unexpected error (${name}${code}) ended the command; what it did until then is not printed.\n`);
	process.exit(EXIT.usage);
}

process.on("uncaughtException", failWith);
// A reader that ends early, such as `head`, is not an error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? (process.exitCode ?? EXIT.fine) : EXIT.usage));
try {
	process.exitCode = await run(process.argv.slice(2));
} catch (error) {
	if (!(error instanceof UsageError)) failWith(error);
	process.stderr.write(`keywright: ${error.message}. See keywright --help.\n`);
	process.exitCode = EXIT.usage;
}
