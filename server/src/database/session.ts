/**
 * Session settings that the queries and the driver require. The defaults of a database or role may differ, so every session
 * sets these. `default_transaction_read_only` is excluded, because administrators set it to fence a server.
 */
export const SESSION_SETTINGS = {
	/** The only format that the driver parses. */
	DateStyle: "ISO, MDY",
	IntervalStyle: "postgres",
	/** Days and months are in UTC. */
	TimeZone: "UTC",
	bytea_output: "hex",
	extra_float_digits: "1",
	standard_conforming_strings: "on",
	/** Locks and counters rely on it. */
	default_transaction_isolation: "read committed",
	default_transaction_deferrable: "off",
	array_nulls: "on",
} as const;

const FURTHER_SETTINGS = {
	/** Queries qualify names with a schema, so nothing depends on it. */
	search_path: "keywright, pg_temp",
	/** Maximum wait of a statement for a lock; then the request gets 503. */
	lock_timeout: "5s",
};

/** The only value of `synchronous_commit` that can lose acknowledged changes. A stricter one, such as `remote_apply`, is retained. */
const UNDURABLE = "off";
const DURABLE = `set_config('synchronous_commit', coalesce(nullif(current_setting('synchronous_commit'), '${UNDURABLE}'), 'on'), false)`;

/** Settings that must be role defaults where a pooler shares sessions, because per-connection settings are lost. */
export const DEFAULTED_SETTINGS: readonly string[] = [...Object.keys(SESSION_SETTINGS), "synchronous_commit"];

/** The DEFAULTED_SETTINGS whose value in a session is unsuitable, with the value needed. `found`: the session's values, by name. */
export function findDifferingSettings(found: ReadonlyMap<string, string>): [name: string, needed: string][] {
	const differing: [string, string][] = Object.entries(SESSION_SETTINGS).filter(([name, needed]) => found.get(name) !== needed);
	return found.get("synchronous_commit") === UNDURABLE ? [...differing, ["synchronous_commit", "on"]] : differing;
}

const settings = Object.entries({ ...SESSION_SETTINGS, ...FURTHER_SETTINGS }).map(([name, value]) => `set_config('${name}', '${value}', false)`);

const READ_ONLY = "current_setting('transaction_read_only') as read_only";

/** Returns `read_only`: `on` if the session rejects writes. */
export const READ_ONLY_STATEMENT = `select ${READ_ONLY}`;

/** Applies the settings of a session, and returns `read_only`: `on` if it rejects writes. */
export const SESSION_STATEMENT = `select ${settings.join(", ")}, ${DURABLE}, ${READ_ONLY}`;
