import type { ServerResponse } from "node:http";
import { systemClock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { getTrace } from "../core/trace.ts";
import { announcesBody } from "./body.ts";
import type { OnDecided } from "./decided.ts";
import { problemFor } from "./forward-auth-problem.ts";
import type { FramedRequest } from "./framed-request.ts";
import { INTERNAL_ERROR, type Problem, type ProblemDetails } from "./problem.ts";

/** The response to a request of which only the head is read: an empty 200, or the refusal. */
export interface HeadAnswer {
	readonly refusal: ProblemDetails | null;
	/** Names and values alternately, in addition to the headers of every response. */
	readonly lines: string[];
}

/** Decides from the request's head alone. Returns a promise only when it has to fetch data. */
export type AnswerHead = (request: FramedRequest) => HeadAnswer | Promise<HeadAnswer>;

export interface DirectOptions {
	readonly log: Log;
	readonly access_log: Log | null;
	readonly problem_type_base: () => string;
	readonly onAnswered?: (status: number, code: string | null) => void;
	readonly onDecided?: OnDecided;
}

/** Responds without the framework, whose cost would dominate on a hot path that needs only the headers of a request. */
export class DirectRoute {
	readonly #route: string;
	readonly #answer: AnswerHead;
	readonly #options: DirectOptions;

	/** `route` is its name in the log. */
	constructor(route: string, answer: AnswerHead, options: DirectOptions) {
		this.#route = route;
		this.#answer = answer;
		this.#options = options;
	}

	handle(request: FramedRequest, response: ServerResponse): void {
		const began = systemClock.monotonic();
		// The body is never read, so the connection must close: a proxy may announce a body without sending it.
		const closes = announcesBody(request);
		try {
			const answer = this.#answer(request);
			if (!(answer instanceof Promise)) return this.#send(request, response, answer, closes, began);
			answer
				.then((late) => this.#send(request, response, late, closes, began))
				.catch((error: unknown) => this.#fail(request, response, error, began));
		} catch (error) {
			this.#fail(request, response, error, began);
		}
	}

	#send(request: FramedRequest, response: ServerResponse, { refusal, lines }: HeadAnswer, closes: boolean, began: number): void {
		if (closes) lines.push("connection", "close");
		if (refusal === null) {
			const { request_id } = request;
			lines.push("x-request-id", request_id, "x-content-type-options", "nosniff", "cache-control", "no-store", "content-length", "0");
			response.writeHead(200, lines);
			response.end();
			return this.#note(request, 200, null, began);
		}
		const problem = problemFor(request, refusal, this.#options.problem_type_base());
		response.writeHead(problem.status, [...lines, ...getLines(problem)]);
		response.end(problem.body);
		this.#note(request, problem.status, refusal.code, began);
	}

	#fail(request: FramedRequest, response: ServerResponse, error: unknown, began: number): void {
		this.#options.log.error({ err: error, request_id: request.request_id }, "request_failed");
		if (response.headersSent) return void response.destroy();
		this.#send(request, response, { refusal: INTERNAL_ERROR, lines: [] }, true, began);
	}

	#note(request: FramedRequest, status: number, code: string | null, began: number): void {
		const { onAnswered, onDecided, access_log } = this.#options;
		const decision = code ?? "allowed";
		const elapsed_ms = systemClock.monotonic() - began;
		onAnswered?.(status, code);
		onDecided?.("forward-auth", decision, elapsed_ms);
		if (access_log === null) return;
		const { request_id, method } = request;
		const duration_ms = Math.round(elapsed_ms * 1000) / 1000;
		access_log.info(
			{ request_id, method, route: this.#route, status, code, decision, duration_ms, ...getTrace(request.headers.traceparent) },
			"request_answered",
		);
	}
}

function getLines({ headers, body }: Problem): string[] {
	return [...Object.entries(headers).flat(), "content-length", String(Buffer.byteLength(body))];
}
