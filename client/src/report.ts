/**
 * Why there is no decision. `credential_refused`: the service credential is not valid. `question_refused`: Keywright rejected the question.
 * `misconfigured`: a rule of the guard returned no usable value for this request.
 */
export type Reason =
	| "timeout"
	| "network"
	| "overloaded"
	| "closed"
	| "redirect"
	| "credential_refused"
	| "question_refused"
	| "server_error"
	| "answer_too_large"
	| "answer_malformed"
	| "misconfigured";

/** For the operator. Contains no raw key, no credential and no part of a response. */
export class KeywrightError extends Error {
	override readonly name = "KeywrightError";
	readonly reason: Reason;
	/** The HTTP status of Keywright's response or the system's error code, if any. */
	readonly evidence: number | string | undefined;

	constructor(reason: Reason, message: string, evidence?: number | string) {
		super(evidence === undefined ? message : `${message} (${evidence})`);
		this.reason = reason;
		this.evidence = evidence;
	}
}

export type OnError = (error: KeywrightError) => unknown;

const WARNING_INTERVAL_MS = 60_000;

/** Calls `on_error` and ignores its failures. Without one, emits a process warning at most once a minute. */
export function createReporter(on_error: OnError | undefined): (error: KeywrightError) => void {
	if (!on_error) return warner();
	return (error) => {
		try {
			const answer = on_error(error);
			if (answer instanceof Promise) answer.catch(() => undefined);
		} catch {
			// A broken logger must not turn a refusal into a crash.
		}
	};
}

function warner(): (error: KeywrightError) => void {
	let quietUntil = 0;
	return (error) => {
		const now = performance.now();
		if (now < quietUntil) return;
		quietUntil = now + WARNING_INTERVAL_MS;
		process.emitWarning(error.message, { type: "KeywrightWarning", code: `KEYWRIGHT_${error.reason.toUpperCase()}` });
	};
}
