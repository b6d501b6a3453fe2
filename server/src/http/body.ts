import type { ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import { systemClock } from "../core/clock.ts";
import { ApiError } from "../core/error.ts";
import type { FramedRequest } from "./framed-request.ts";
import type { Route } from "./route.ts";

/** How slowly bodies may arrive. */
export interface BodyPace {
	/** Total time of a JSON body; for an upload, the time that it may pause or stay below the minimum rate. */
	readonly patience_ms: number;
	/** Minimum average rate of an upload. */
	readonly bytes_per_second: number;
}

export const BODY_PACE: BodyPace = { patience_ms: 30_000, bytes_per_second: 1_024 };
export const JSON_BODY_BYTES_MAX = 65_536;
/** Routes with a larger JSON limit allow one more second per this number of bytes. */
const LONG_JSON_BYTES_PER_SECOND = 16_384;
/** Limit of a body on a route without input: white space and `{}`. */
const EMPTY_BODY_BYTES_MAX = 1_024;
const ANY_BODY = /^/;
const EMPTY_BODY = /^[ \t\r\n]*(?:\{[ \t\r\n]*\}[ \t\r\n]*)?$/;
const BODY_HEADERS = ["content-type", "content-length", "transfer-encoding"] as const;

/** Whether the headers announce a body. */
export function announcesBody({ headers }: FramedRequest): boolean {
	return headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";
}

/** Whether the body may be left out: every field of it is optional. */
export function isBodyOptional(route: Route<never> | undefined): boolean {
	return route?.input === "json" && (route.body?.required ?? []).length === 0;
}

function lateBody(): ApiError {
	return new ApiError("request_timeout", "The body did not arrive in time. Send the complete body without pauses.");
}

/** How long the JSON body of a route may take, in milliseconds. */
export function getBodyTime(route: Route<never>, pace: BodyPace): number {
	const longer = Math.max(0, (route.body_bytes_max ?? 0) - JSON_BODY_BYTES_MAX);
	return pace.patience_ms + (longer / LONG_JSON_BYTES_PER_SECOND) * 1_000;
}

/** Emits an error on `raw` if its body is incomplete after `time_ms`. Call `endBodyTime` when the body is complete. */
export function beginBodyTime(raw: FramedRequest, time_ms: number): void {
	raw.body_timer = setTimeout(() => {
		if (!raw.complete && raw.listenerCount("error") > 0) raw.emit("error", lateBody());
	}, time_ms).unref();
}

export function endBodyTime(raw: FramedRequest): void {
	if (raw.body_timer === null) return;
	clearTimeout(raw.body_timer);
	raw.body_timer = null;
}

/** Sends the `100 Continue` that a client waits for, once. */
export function sendContinue(raw: FramedRequest, response: ServerResponse): void {
	if (!raw.awaits_continue) return;
	raw.awaits_continue = false;
	response.writeContinue();
}

/**
 * Reads and discards the body of a request to a route without input. An empty body, white space and `{}` are equivalent.
 * `done` gets 400 for any other body of any content type, unless the route ignores it, and 408 for a body that is not complete in time.
 */
export function expectNoBody(
	raw: FramedRequest,
	response: ServerResponse,
	{ pace, ignores_body }: { pace: BodyPace; ignores_body: boolean },
	done: (error?: Error) => void,
): void {
	const allowed = ignores_body ? ANY_BODY : EMPTY_BODY;
	const chunks: Buffer[] = [];
	let bytes = 0;
	const timer = setTimeout(() => conclude(lateBody()), pace.patience_ms).unref();

	function conclude(failure?: ApiError): void {
		clearTimeout(timer);
		raw.off("data", onData).off("end", onEnd).off("close", onClose);
		done(failure);
	}
	function onData(chunk: Buffer): void {
		bytes += chunk.length;
		chunks.push(chunk);
		if (bytes > EMPTY_BODY_BYTES_MAX) conclude(unwantedBody());
	}
	function onEnd(): void {
		if (!allowed.test(Buffer.concat(chunks).toString("latin1"))) return conclude(unwantedBody());
		removeBodyHeaders(raw);
		conclude();
	}
	function onClose(): void {
		conclude(new ApiError("invalid_request", "The connection ended before the body did. Send it again."));
	}
	sendContinue(raw, response);
	raw.on("data", onData).on("end", onEnd).on("close", onClose);
}

function unwantedBody(): ApiError {
	return new ApiError("invalid_request", "This route takes no body. Send the request without one, or with `{}`.");
}

/** Removes body headers that some clients send without a body; the framework would try to parse one. */
export function removeBodyHeaders({ headers }: FramedRequest): void {
	for (const name of BODY_HEADERS) if (headers[name] !== undefined) delete headers[name];
}

/** Closes the connection if the rest of a body does not arrive in time after the response. */
export function limitUnreadBody(raw: FramedRequest, pace: BodyPace): void {
	const timer = setTimeout(() => {
		if (!raw.complete) raw.socket.destroy();
	}, pace.patience_ms);
	timer.unref();
	raw.once("close", () => clearTimeout(timer));
}

/** The time budget of an upload: waiting spends it, received bytes refill it up to `patience_ms`. */
export class UploadTime {
	readonly #pace: BodyPace;
	left_ms: number;

	constructor(pace: BodyPace) {
		this.#pace = pace;
		this.left_ms = pace.patience_ms;
	}

	/** Records that `bytes` arrived after `waited_ms` of waiting. */
	received(bytes: number, waited_ms: number): void {
		const earned_ms = (bytes / this.#pace.bytes_per_second) * 1_000;
		this.left_ms = Math.min(this.#pace.patience_ms, this.left_ms - waited_ms + earned_ms);
	}
}

/**
 * Yields the chunks of an upload while they arrive at the rate of `pace`; the total time is unlimited. Only time spent waiting for the client counts, not
 * the processing of a chunk. Throws 408 when the client is too slow; the connection stays open for the response.
 */
export async function* pacedBody(body: Readable, pace: BodyPace): AsyncGenerator<Buffer> {
	const pieces = body.iterator({ destroyOnReturn: false });
	const time = new UploadTime(pace);
	try {
		for (;;) {
			const began = systemClock.monotonic();
			const next = await orTooSlow(pieces.next(), time.left_ms, pace);
			if (next.done === true) return;
			const piece = asBuffer(next.value);
			time.received(piece.length, systemClock.monotonic() - began);
			yield piece;
		}
	} finally {
		// Not awaited: it would wait forever for a chunk that never arrives.
		void pieces.return?.();
	}
}

/** Guarantee: the body of a request is read as bytes, because no encoding is set on the stream. */
function asBuffer(piece: unknown): Buffer {
	return piece as Buffer;
}

function orTooSlow<T>(next: Promise<T>, time_ms: number, { patience_ms, bytes_per_second }: BodyPace): Promise<T> {
	return new Promise((resolve, reject) => {
		const detail = `The upload was too slow. Send it again at ${bytes_per_second} bytes per second or more, without a pause of ${patience_ms / 1_000} seconds.`;
		const timer = setTimeout(() => reject(new ApiError("request_timeout", detail)), Math.max(0, time_ms));
		next.then(resolve, reject).finally(() => clearTimeout(timer));
	});
}
