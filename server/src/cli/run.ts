import { readFileSync } from "node:fs";
import { readConfig } from "../config.ts";
import { ConfigError } from "../config-error.ts";
import { AUDIT_HELP, verifyOptions } from "./audit/options.ts";
import { EXPORT_HELP, exportFile } from "./export/options.ts";
import { EXIT_REFUSED } from "./import/file.ts";
import { ImportFileError } from "./import/lines.ts";
import { IMPORT_HELP, importOptions } from "./import/options.ts";
import { UsageError } from "./usage.ts";

const HELP = `keywright-server: API keys for every tenant of a SaaS

  keywright-server serve [--demo]   start the server; with --demo, create a demo tenant in an empty database
  keywright-server migrate          migrate the database to this version, and exit
  keywright-server import FILE …    import keys that another system has issued; see import --help
  keywright-server export …         export everything except secrets as JSON lines; see export --help
  keywright-server audit verify …   check the audit log and the rights of keys; see audit --help
  keywright-server version          print the version
  keywright-server help             print this

Settings are environment variables (KEYWRIGHT_PORT, KEYWRIGHT_DATABASE_URL, …): see docs/configuration.md.
Exit codes: 0 done, 1 something failed, 2 the command or the configuration is wrong.
`;

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** The version in package.json, two folders up both in the sources and in the build. */
export function version(): string {
	const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
	const parsed: unknown = JSON.parse(text);
	return parsed !== null && typeof parsed === "object" && "version" in parsed ? String(parsed.version) : "unknown";
}

function fail(command: string, error: unknown): never {
	if (error instanceof UsageError) {
		console.error(`keywright-server: ${error.message}\n  see keywright-server ${command} --help`);
		process.exit(EXIT_USAGE);
	}
	const known = error instanceof ConfigError || (error instanceof Error && "code" in error && error.code === "ALREADY_RUNNING");
	console.error(error instanceof Error ? `keywright-server: ${error.message}` : error);
	if (error instanceof Error && error.cause instanceof Error) console.error(`  because: ${error.cause.message}`);
	process.exit(known ? EXIT_USAGE : error instanceof ImportFileError ? EXIT_REFUSED : EXIT_FAILED);
}

function usage(message: string): never {
	console.error(`keywright-server: ${message}\n\n${HELP}`);
	process.exit(EXIT_USAGE);
}

const HELP_OF = new Map([
	["import", IMPORT_HELP],
	["export", EXPORT_HELP],
	["audit", AUDIT_HELP],
]);

/** Runs the command line. Commands are imported lazily: help, usage errors and the version need no server sources. */
export async function run(argv: readonly string[]): Promise<void> {
	const [command = "help", ...rest] = argv;
	const own = HELP_OF.get(command);
	const unknown = own === undefined ? rest.find((argument) => !(command === "serve" && argument === "--demo")) : undefined;
	if (own !== undefined && (rest.includes("--help") || rest.includes("-h"))) return void process.stdout.write(own);
	if (rest.includes("--help") || ["help", "--help", "-h"].includes(command)) return void process.stdout.write(HELP);
	if (unknown !== undefined) return usage(`${command} does not know ${unknown}`);
	try {
		switch (command) {
			case "serve": {
				const config = readConfig();
				const { serve } = await import("./serve.ts");
				return await serve({ ...config, demo: config.demo || rest.includes("--demo") }, version());
			}
			case "migrate": {
				const config = readConfig();
				const { migrateOnly } = await import("./migrate.ts");
				return await migrateOnly(config);
			}
			case "import": {
				const [config, options] = [readConfig(), importOptions(rest)];
				const { importFile } = await import("./import/import.ts");
				process.exitCode = await importFile(config, options, version());
				return;
			}
			case "export": {
				const [config, file] = [readConfig(), exportFile(rest)];
				const { exportAll } = await import("./export/export.ts");
				return await exportAll(config, file, version());
			}
			case "audit": {
				const [config, options] = [readConfig(), verifyOptions(rest)];
				const { auditVerify } = await import("./audit/audit.ts");
				process.exitCode = await auditVerify(config, options, version());
				return;
			}
			case "version":
			case "--version":
				return void console.log(version());
			default:
				return usage(`there is no command ${command}`);
		}
	} catch (error) {
		fail(command, error);
	}
}
