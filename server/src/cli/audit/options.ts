import { parseArgs } from "node:util";
import { type CombinedHead, parseHead } from "../../audit/checkpoints/combined.ts";
import { UsageError } from "../usage.ts";

export const AUDIT_HELP = `keywright-server audit verify [--checkpoint FILE] [--head "TIME DIGEST"] [--json]

Checks the audit log of all tenants and of the instance, with and without running servers, and changes nothing in it:

  - each chain of entries: an entry that was edited, removed, added or moved is found, and an end that was cut off;
  - the rights of each key against what the log says: an environment, permission, site, address, rate limit, end, pause or revocation
    that was changed past Keywright, keys that were inserted, and keys that were deleted;
  - with --checkpoint, the file of KEYWRIGHT_AUDIT_CHECKPOINT_FILE: a database that was rolled back, and a file that was cut off or forged.

It needs the settings of the server: the pepper (with the old one, if entries of its time exist) and the database.

  --checkpoint FILE    the checkpoints of this instance, best a copy that is kept elsewhere
  --head "TIME DIGEST"  the audit log's head of a mail about security: whether the log still has what it had then
  --json               one JSON object on standard output: {ok, chains, entries, keys, checkpoints, head, findings}

Exit codes: 0 nothing was found, 1 something was found, 2 the command or the configuration is wrong, 3 the database or the file cannot be read.
`;

export interface VerifyOptions {
	readonly checkpoint: string | null;
	readonly head: CombinedHead | null;
	readonly json: boolean;
}

/** Throws `UsageError`. */
export function verifyOptions(argv: readonly string[]): VerifyOptions {
	try {
		const options = { checkpoint: { type: "string" }, head: { type: "string" }, json: { type: "boolean" } } as const;
		const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
		if (positionals.join(" ") !== "verify") throw new UsageError("say what to do with the audit log: audit verify");
		const head = values.head === undefined ? null : parseHead(values.head);
		if (head === null && values.head !== undefined)
			throw new UsageError('--head is the time and the digest of the mail, in quotes: --head "2026-11-30T17:00:00.000Z …="');
		return { checkpoint: values.checkpoint ?? null, head, json: values.json === true };
	} catch (error) {
		throw error instanceof UsageError ? error : new UsageError(error instanceof Error ? error.message : "the options cannot be read");
	}
}
