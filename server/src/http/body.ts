import type { ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import { systemClock } from "../core/clock.ts";
import { ApiError } from "../core/error.ts";
import type { FramedRequest } from "./framed-request.ts";
import type { Route } from "./route.ts";

/** How slowly bodies may arrive. */
export interface BodyPace {
	/** How long a JSON body may take in all, and how long an upload may stand still or fall behind its rate. */
	readonly patience_ms: number;
	/** What an upload must bring on average. */
	readonly bytes_per_second: number;
}

export const BODY_PACE: BodyPace = { patience_ms: 30_000, bytes_per_second: 1_024 };
export const JSON_BODY_BYTES_MAX = 65_536;
/** Routes that take longer JSON bodies give a second more for as many bytes. */
const LONG_JSON_BYTES_PER_SECOND = 16_384;
/** Of a body where none belongs: white space and `{}`. */
const EMPTY_BODY_BYTES_MAX = 1_024;
const EMPTY_BODY = /^[ \t\r\n]*(?:\{[ \t\r\n]*\}[ \t\r\n]*)?$/;
const BODY_HEADERS = ["content-type", "content-length", "transfer-encoding"] as const;

/** Whether bytes follow the head. */
export function announcesBody({ headers }: FramedRequest): boolean {
	return headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";
}

/** Whether the body may be left out: every field of it is optional. */
export function isBodyOptional(row: Route<never> | undefined): boolean {
	return row?.input === "json" && (row.body?.required ?? []).length === 0;
}

function lateBody(): ApiError {
	return new ApiError("request_timeout", "The body did not arrive in time. Send it at once, with its whole length.");
}

/** How long the JSON body of a route may take, in milliseconds. */
export function bodyTimeOf(row: Route<never>, pace: BodyPace): number {
	const longer = Math.max(0, (row.body_bytes_max ?? 0) - JSON_BODY_BYTES_MAX);
	return pace.patience_ms + (longer / LONG_JSON_BYTES_PER_SECOND) * 1_000;
}

/** Lets whoever reads the body of `raw` fail when it is not there after `time_ms`. `endBodyTime` when it is. */
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
 * Reads the body of a request to a route without input, and then lets it look as if there had been none: nothing, white space and `{}` are the same.
 * `done` gets 400 for anything else, whatever its type, and 408 for a body that does not end in time.
 */
export function takeNoBody(raw: FramedRequest, response: ServerResponse, pace: BodyPace, done: (error?: Error) => void): void {
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
		if (!EMPTY_BODY.test(Buffer.concat(chunks).toString("latin1"))) return conclude(unwantedBody());
		forgetBody(raw);
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

/** What some clients say of a body though they send none; the framework would look for one. */
export function forgetBody({ headers }: FramedRequest): void {
	for (const name of BODY_HEADERS) if (headers[name] !== undefined) delete headers[name];
}

/** Ends the connection when what is left of a body after its answer does not arrive in time. */
export function limitUnreadBody(raw: FramedRequest, pace: BodyPace): void {
	const timer = setTimeout(() => {
		if (!raw.complete) raw.socket.destroy();
	}, pace.patience_ms);
	timer.unref();
	raw.once("close", () => clearTimeout(timer));
}

/** The time that an upload has left before it counts as too slow: it is used up by waiting, and earned by bytes up to the patience. */
export class UploadTime {
	readonly #pace: BodyPace;
	left_ms: number;

	constructor(pace: BodyPace) {
		this.#pace = pace;
		this.left_ms = pace.patience_ms;
	}

	/** After `waited_ms` of waiting `bytes` have come. */
	received(bytes: number, waited_ms: number): void {
		const earned_ms = (bytes / this.#pace.bytes_per_second) * 1_000;
		this.left_ms = Math.min(this.#pace.patience_ms, this.left_ms - waited_ms + earned_ms);
	}
}

/**
 * The pieces of an upload's body, for as long as they come at the rate of `pace`; in all it may take any time. Only waiting for the client counts, not
 * what is done with a piece. Throws 408 when the client is too slow; the connection stays open for the answer.
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
		// Not awaited: behind a piece that never comes it would wait for ever.
		void pieces.return?.();
	}
}

/** Guarantee: a request's body is read as bytes, because nobody sets an encoding. */
function asBuffer(piece: unknown): Buffer {
	return piece as Buffer;
}

function orTooSlow<T>(next: Promise<T>, time_ms: number, { patience_ms, bytes_per_second }: BodyPace): Promise<T> {
	return new Promise((resolve, reject) => {
		const detail = `The upload stood still, or came at less than ${bytes_per_second} bytes a second, for ${patience_ms / 1_000} seconds. Send it again.`;
		const timer = setTimeout(() => reject(new ApiError("request_timeout", detail)), Math.max(0, time_ms));
		next.then(resolve, reject).finally(() => clearTimeout(timer));
	});
}
