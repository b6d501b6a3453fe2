/**
 * Settings of a session on which our queries and the driver rely. A database or a role may have other ones as its defaults, so every session
 * is given these. `default_transaction_read_only` is not among them: whoever sets it fences the server off.
 */
export const SESSION_SETTINGS = {
	/** The driver reads times in this form alone. */
	DateStyle: "ISO, MDY",
	IntervalStyle: "postgres",
	/** Days and months are UTC's. */
	TimeZone: "UTC",
	bytea_output: "hex",
	extra_float_digits: "1",
	standard_conforming_strings: "on",
	/** Locks and counts are written for it. */
	default_transaction_isolation: "read committed",
	default_transaction_deferrable: "off",
	array_nulls: "on",
} as const;

const FURTHER_SETTINGS = {
	/** Names of ours are written with their schema, so nothing depends on it. */
	search_path: "keywright, pg_temp",
	/** For so long a statement waits for a lock that another session has; then it is a 503. */
	lock_timeout: "5s",
};

/** Acknowledged means stored: of `synchronous_commit` only this value loses changes. A stricter one, such as `remote_apply`, stays as it is. */
const UNDURABLE = "off";
const DURABLE = `set_config('synchronous_commit', coalesce(nullif(current_setting('synchronous_commit'), '${UNDURABLE}'), 'on'), false)`;

/** The settings whose defaults have to serve where sessions are shared, and thus lose what one connection was given. */
export const DEFAULTED_SETTINGS: readonly string[] = [...Object.keys(SESSION_SETTINGS), "synchronous_commit"];

/** What each of DEFAULTED_SETTINGS has to be where the session's own value does not serve; `found`: the values of a session, by name. */
export function findDifferingSettings(found: ReadonlyMap<string, string>): [name: string, needed: string][] {
	const differing: [string, string][] = Object.entries(SESSION_SETTINGS).filter(([name, needed]) => found.get(name) !== needed);
	return found.get("synchronous_commit") === UNDURABLE ? [...differing, ["synchronous_commit", "on"]] : differing;
}

const settings = Object.entries({ ...SESSION_SETTINGS, ...FURTHER_SETTINGS }).map(([name, value]) => `set_config('${name}', '${value}', false)`);

const READ_ONLY = "current_setting('transaction_read_only') as read_only";

/** Says as `read_only` whether the session takes no writes (`on`). */
export const READ_ONLY_STATEMENT = `select ${READ_ONLY}`;

/** Gives a session its settings, and says as `read_only` whether it takes no writes (`on`). */
export const SESSION_STATEMENT = `select ${settings.join(", ")}, ${DURABLE}, ${READ_ONLY}`;
