import { parseArgs } from "node:util";
import { ENVIRONMENTS, type Environment } from "../../keys/secrets/format.ts";
import { UsageError } from "../usage.ts";
import type { ImportFileKind } from "./file.ts";
import { IMPORT_SOURCES, type ImportSource } from "./source.ts";

const BATCH_DEFAULT = 500;
const BATCH_MAX = 2_000;

export const IMPORT_HELP = `keywright-server import FILE --format NAME [options]

Imports keys that another system has issued, from a CSV file with a header row, or JSON lines; - is standard input.
Works with and without running servers. Imported keys stay imported: after an interruption, run it again to import the rest.

  --format NAME        the declared format of these keys (PUT /api/v1/operator/legacy-formats/NAME)
  --source SOURCE      plain (SHA-256 in hex or base64; the default), unkey, better-auth: the names of columns and the encoding of hashes
  --csv, --jsonl       the file type, if the name does not end in .csv, .jsonl or .ndjson
  --tenant ID          the tenant of all keys; otherwise the columns tenant_id or external_id
  --environment NAME   prod, staging or dev, for keys whose line names none
  --owner NAME         who is responsible, for keys whose line names no owner
  --permissions LIST   such as documents:read,documents:write, for keys whose line names none; by default all that the plan allows
  --dry-run            only report what would be done
  --skip-refused       import the accepted lines when others are refused; by default nothing is imported
  --batch N            keys in one transaction, 1 to ${BATCH_MAX} (${BATCH_DEFAULT})
  --json               the report as JSON on standard output

Exit codes: 0 done (in a dry run: the import would succeed), 1 something failed, 2 the command or the configuration is wrong,
3 lines were refused, 130 interrupted.
`;

export interface ImportOptions {
	readonly file: string;
	readonly kind: ImportFileKind;
	readonly format: string;
	readonly source: ImportSource;
	readonly tenant: string | null;
	readonly environment: Environment | null;
	readonly owner: string | null;
	readonly permissions: readonly string[] | null;
	readonly dry_run: boolean;
	readonly skip_refused: boolean;
	readonly json: boolean;
	readonly batch: number;
}

function parsed(argv: readonly string[]) {
	try {
		return parseArgs({
			args: [...argv],
			allowPositionals: true,
			options: {
				format: { type: "string" },
				source: { type: "string" },
				csv: { type: "boolean" },
				jsonl: { type: "boolean" },
				tenant: { type: "string" },
				environment: { type: "string" },
				owner: { type: "string" },
				permissions: { type: "string" },
				"dry-run": { type: "boolean" },
				"skip-refused": { type: "boolean" },
				batch: { type: "string" },
				json: { type: "boolean" },
			},
		});
	} catch (error) {
		throw new UsageError(error instanceof Error ? error.message : "the options cannot be read");
	}
}

function getKind(file: string, values: { csv?: boolean | undefined; jsonl?: boolean | undefined }): ImportFileKind {
	if (values.csv && values.jsonl) throw new UsageError("--csv and --jsonl are both given; keep one");
	if (values.csv) return "csv";
	if (values.jsonl) return "jsonl";
	if (/\.csv$/i.test(file)) return "csv";
	if (/\.(jsonl|ndjson)$/i.test(file)) return "jsonl";
	throw new UsageError("add --csv or --jsonl: the file name has no known extension");
}

function getOne<T extends string>(option: string, text: string | undefined, values: readonly T[]): T | null {
	if (text === undefined) return null;
	const found = values.find((value) => value === text);
	if (found === undefined) throw new UsageError(`${option} is one of ${values.join(", ")}`);
	return found;
}

/** The options of `import`. Throws UsageError. */
export function importOptions(argv: readonly string[]): ImportOptions {
	const { values, positionals } = parsed(argv);
	const [file, ...others] = positionals;
	if (file === undefined || others.length > 0) throw new UsageError("import takes one file, or - for standard input");
	if (values.format === undefined) throw new UsageError("import needs --format: the declared format of these keys");
	const batch = Number(values.batch ?? BATCH_DEFAULT);
	if (!Number.isInteger(batch) || batch < 1 || batch > BATCH_MAX) throw new UsageError(`--batch is a whole number from 1 to ${BATCH_MAX}`);
	return {
		file,
		kind: getKind(file, values),
		format: values.format,
		source: getOne("--source", values.source, IMPORT_SOURCES) ?? "plain",
		tenant: values.tenant ?? null,
		environment: getOne("--environment", values.environment, ENVIRONMENTS),
		owner: values.owner ?? null,
		permissions: values.permissions?.split(/[\s,]+/).filter((part) => part !== "") ?? null,
		dry_run: values["dry-run"] ?? false,
		skip_refused: values["skip-refused"] ?? false,
		json: values.json ?? false,
		batch,
	};
}
