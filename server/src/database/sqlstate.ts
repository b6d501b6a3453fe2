/**
 * What an error of PostgreSQL means for the caller and for the session (the connection) on which it came:
 * `defect` is a mistake of ours, answered 500; `busy` is a 503, and the session works on; `session_lost` is a 503, and the session is
 * discarded, because it is over or leads to a server that can no longer do its work.
 */
export type SqlStateMeaning = "defect" | "busy" | "session_lost";

/** Every class of PostgreSQL's Appendix A. A class that is not here is one of a later release, and a defect until somebody has looked at it. */
export const SQLSTATE_CLASSES: Readonly<Record<string, SqlStateMeaning>> = {
	"00": "defect",
	"01": "defect",
	"02": "defect",
	"03": "defect",
	/** Connection exception; what PgBouncer refuses is here too. */
	"08": "session_lost",
	"09": "defect",
	"0A": "defect",
	"0B": "defect",
	"0F": "defect",
	"0L": "defect",
	"0P": "defect",
	"0Z": "defect",
	"20": "defect",
	"21": "defect",
	"22": "defect",
	"23": "defect",
	"24": "defect",
	"25": "defect",
	/** A prepared statement that the session does not have: a pooler changed the server behind it. */
	"26": "session_lost",
	"27": "defect",
	/** Login refused. */
	"28": "session_lost",
	"2B": "defect",
	"2D": "defect",
	"2F": "defect",
	"34": "defect",
	"38": "defect",
	"39": "defect",
	"3B": "defect",
	/** The database is gone. */
	"3D": "session_lost",
	"3F": "defect",
	/** Rolled back because of other transactions: deadlock, serialization. */
	"40": "busy",
	"42": "defect",
	"44": "defect",
	/** Insufficient resources: disk, memory, connections. */
	"53": "busy",
	"54": "defect",
	"55": "defect",
	/** Operator intervention: shutdown, crash, cancelled. */
	"57": "session_lost",
	/** The system below PostgreSQL fails: input and output, files. */
	"58": "session_lost",
	F0: "session_lost",
	HV: "defect",
	P0: "defect",
	XX: "defect",
};

/** Codes that mean something else than the rest of their class. */
export const SQLSTATE_CODES: Readonly<Record<string, SqlStateMeaning>> = {
	/** A session that became read-only: its server was demoted or fenced, and another one takes the writes. */
	"25006": "session_lost",
	/** PostgreSQL ended the session because it stood still in the midst of a transaction, or because that took too long. */
	"25P03": "session_lost",
	"25P04": "session_lost",
	/** A constraint that was checked at the commit. */
	"40002": "defect",
	/** Nobody knows whether it was committed. */
	"40003": "session_lost",
	/** Too many connections. */
	"53300": "session_lost",
	/** The database accepts no connections. */
	"55000": "session_lost",
	"55006": "busy",
	/** A lock was not to be had in time. */
	"55P03": "busy",
	/** The statement took longer than statements may. */
	"57014": "busy",
};

/** What a SQLSTATE of five characters means; one without a meaning in the tables is a defect. */
export function meaningOf(sqlstate: string): SqlStateMeaning {
	return SQLSTATE_CODES[sqlstate] ?? SQLSTATE_CLASSES[sqlstate.slice(0, 2)] ?? "defect";
}
