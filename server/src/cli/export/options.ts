import { parseArgs } from "node:util";
import { UsageError } from "../usage.ts";

export const EXPORT_HELP = `keywright-server export [--out FILE]

Writes everything except secrets as JSON lines, one object each with its \`type\`: the API profile, plans, capabilities, permissions, formats of
imported keys, forward-auth rules, services, operators, tenants with their sites, members, invitations, keys, documents (not their content) and usage
by day, and the audit log. All data is from one snapshot. Works with and without running servers.

  --out FILE           a new file, readable only by its owner; by default standard output

Exit codes: 0 done, 1 something failed, 2 the command or the configuration is wrong.
`;

/** The path of the file, or null for standard output. Throws `UsageError`. */
export function exportFile(argv: readonly string[]): string | null {
	try {
		return parseArgs({ args: [...argv], options: { out: { type: "string" } } }).values.out ?? null;
	} catch (error) {
		throw new UsageError(error instanceof Error ? error.message : "the options cannot be read");
	}
}
