import { isPermission } from "../plans/catalogue/permission.ts";

const LENGTH_MAX = 120;
/** In place of permissions, where a question has none. */
const NO_PERMISSION = "verify";
/** Other methods count as OTHER, because callers choose them. */
const COUNTED_METHODS = new Set(["ANY", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
/** Flushes use text separators; one in an operation would corrupt the counts of all tenants. */
const UNCOUNTABLE = /[^\x20-\x7e]/g;

/**
 * The operation that a question of `POST /verify` is counted under: its method and everything that it asks for, so that a replay can ask again
 * (`readOperation`), such as `GET orders:read,orders:write;m2m_api`. Not its path: paths contain ids, which are unbounded.
 */
export function toOperation(permissions: readonly string[] = [], capability?: string, method = "ANY"): string {
	const asked = permissions.length > 1 ? permissions.join(",") : (permissions[0] ?? NO_PERMISSION);
	const all = capability === undefined ? asked : `${asked};${capability}`;
	return `${COUNTED_METHODS.has(method) ? method : "OTHER"} ${all}`.replace(UNCOUNTABLE, "?").slice(0, LENGTH_MAX);
}

/** What an allowed question asked for that was counted under this operation. */
export interface AskedFor {
	readonly permissions: readonly string[];
	readonly capability: string | null;
	/** Whether it was too long: then it asked for more. */
	readonly is_cut: boolean;
}

export function readOperation(operation: string): AskedFor {
	const subject = operation.slice(operation.indexOf(" ") + 1);
	const [asked = "", capability] = subject.split(";");
	const is_cut = operation.length >= LENGTH_MAX;
	const permissions = asked === NO_PERMISSION ? [] : asked.split(",").filter(isPermission);
	// The last name may be a part of one.
	if (is_cut) return { permissions: capability === undefined ? permissions.slice(0, -1) : permissions, capability: null, is_cut };
	return { permissions, capability: capability ?? null, is_cut };
}
