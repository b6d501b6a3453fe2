import type { Duplex } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import { problemFor } from "./forward-auth-problem.ts";
import { FramedRequest } from "./framed-request.ts";
import type { ProblemDetails } from "./problem.ts";

/** Bodies up to this size are read and discarded after a refusal, to keep the connection open. Longer ones close it. */
const DRAINED_BODY_BYTES_MAX = 65_536;
const LINGER_MS = 2_000;

/** Guarantee: the listener creates every request as a `FramedRequest`. */
export function framed(request: FastifyRequest): FramedRequest {
	if (request.raw instanceof FramedRequest) return request.raw;
	throw new Error("impossible state: a request that did not come through the listener");
}

function hasUnreadBody(request: FramedRequest): boolean {
	if (request.complete) return false;
	return request.headers["transfer-encoding"] !== undefined || Number(request.headers["content-length"] ?? 0) > DRAINED_BODY_BYTES_MAX;
}

/** Sends a refusal. An unread long body is drained for `LINGER_MS`, so that a connection reset does not lose the response, and is then cut off. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, refusal: ProblemDetails, type_base: string): void {
	const raw = framed(request);
	const problem = problemFor(raw, refusal, type_base);
	request.refused_with = refusal.code;
	reply.code(problem.status).headers(problem.headers);
	if (raw.awaits_continue) reply.header("connection", "close");
	else if (hasUnreadBody(raw)) cutOffLater(reply, raw);
	reply.serializer(asIs).send(problem.body);
}

function asIs(body: unknown): string {
	return String(body);
}

function cutOffLater(reply: FastifyReply, raw: FramedRequest): void {
	reply.raw.once("finish", () => {
		raw.resume();
		const timer = setTimeout(() => {
			if (!raw.complete) raw.socket.destroy();
		}, LINGER_MS);
		timer.unref();
		raw.once("close", () => clearTimeout(timer));
	});
}

/**
 * Closes `socket` after what was written to it. What still arrives is discarded, for `LINGER_MS` at most: closing a socket with unread bytes
 * resets the connection, and a reset can lose the response (RFC 9112, section 9.6). The HTTP parser no longer sees these bytes, so that no
 * further request is begun on the connection.
 */
export function closeWithoutReset(socket: Duplex): void {
	socket.removeAllListeners("data");
	socket.on("data", discard);
	socket.resume();
	socket.end();
	const timer = setTimeout(() => socket.destroy(), LINGER_MS);
	timer.unref();
	socket.once("close", () => clearTimeout(timer));
}

function discard(): void {}
