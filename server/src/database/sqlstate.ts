/**
 * The meaning of a PostgreSQL error for the caller and for its session (the connection):
 * `defect` is a bug and gets 500; `busy` gets 503 and keeps the session; `session_lost` gets 503, and the session is
 * discarded, because it has ended or its server is unusable.
 */
export type SqlStateMeaning = "defect" | "busy" | "session_lost";

/** Every class of PostgreSQL's Appendix A. An unlisted class comes from a later release and counts as a defect until it is classified. */
export const SQLSTATE_CLASSES: Readonly<Record<string, SqlStateMeaning>> = {
	"00": "defect",
	"01": "defect",
	"02": "defect",
	"03": "defect",
	/** Connection exception; also rejections by PgBouncer. */
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
	/** A missing prepared statement: a pooler switched the server connection. */
	"26": "session_lost",
	"27": "defect",
	/** Login rejected. */
	"28": "session_lost",
	"2B": "defect",
	"2D": "defect",
	"2F": "defect",
	"34": "defect",
	"38": "defect",
	"39": "defect",
	"3B": "defect",
	/** The database does not exist. */
	"3D": "session_lost",
	"3F": "defect",
	/** Rolled back because of concurrent transactions: deadlock, serialization failure. */
	"40": "busy",
	"42": "defect",
	"44": "defect",
	/** Insufficient resources: disk, memory, connections. */
	"53": "busy",
	"54": "defect",
	"55": "defect",
	/** Operator intervention: shutdown, crash, cancelled. */
	"57": "session_lost",
	/** System error outside PostgreSQL: I/O, files. */
	"58": "session_lost",
	F0: "session_lost",
	HV: "defect",
	P0: "defect",
	XX: "defect",
};

/** Codes whose meaning differs from their class. */
export const SQLSTATE_CODES: Readonly<Record<string, SqlStateMeaning>> = {
	/** A session that became read-only: its server was demoted or fenced, and another is the primary. */
	"25006": "session_lost",
	/** Idle-in-transaction or transaction timeout: PostgreSQL ended the session. */
	"25P03": "session_lost",
	"25P04": "session_lost",
	/** A deferred constraint failed at commit. */
	"40002": "defect",
	/** The outcome of the commit is unknown. */
	"40003": "session_lost",
	/** Too many connections. */
	"53300": "session_lost",
	/** The database accepts no connections. */
	"55000": "session_lost",
	"55006": "busy",
	/** Lock timeout. */
	"55P03": "busy",
	/** Statement timeout. */
	"57014": "busy",
};

/** The meaning of a five-character SQLSTATE; an unlisted one is a defect. */
export function getMeaning(sqlstate: string): SqlStateMeaning {
	return SQLSTATE_CODES[sqlstate] ?? SQLSTATE_CLASSES[sqlstate.slice(0, 2)] ?? "defect";
}
