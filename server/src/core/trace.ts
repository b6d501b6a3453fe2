const TRACEPARENT = /^(?!ff)(?<version>[0-9a-f]{2})-(?<trace_id>[0-9a-f]{32})-(?<parent_id>[0-9a-f]{16})-[0-9a-f]{2}(?<more>-.*)?$/;
const ZEROS = /^0+$/;
const NO_TRACE = {};

export interface Trace {
	/** 32 hexadecimal digits. */
	readonly trace_id?: string;
	/** The caller's span, 16 hexadecimal digits. */
	readonly parent_id?: string;
}

/** The ids of a `traceparent` header, for log lines; no fields if it is absent or invalid (W3C Trace Context, section 3.2). */
export function getTrace(traceparent: string | string[] | undefined): Trace {
	if (typeof traceparent !== "string") return NO_TRACE;
	const { version, trace_id = "0", parent_id = "0", more } = TRACEPARENT.exec(traceparent)?.groups ?? {};
	// Later versions may have more fields.
	if (ZEROS.test(trace_id) || ZEROS.test(parent_id) || (version === "00" && more !== undefined)) return NO_TRACE;
	return { trace_id, parent_id };
}
