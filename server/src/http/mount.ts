import { randomBytes } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from "fastify";
import type { TSchema } from "typebox";
import { ApiError, type InputError } from "../core/error.ts";
import { holdsSecret, type SecretTest } from "../core/secret-text.ts";
import { toApiError } from "./api-error.ts";
import {
	announcesBody,
	BODY_PACE,
	type BodyPace,
	beginBodyTime,
	endBodyTime,
	expectNoBody,
	getBodyTime,
	isBodyOptional,
	pacedBody,
	removeBodyHeaders,
	sendContinue,
} from "./body.ts";
import { type DecisionKind, getDecisionCode, type OnDecided } from "./decided.ts";
import type { FramedRequest } from "./framed-request.ts";
import { CursorSeal, runWithCursors } from "./input/cursor-seal.ts";
import { formatFor } from "./input/formats.ts";
import { storedTextFailure, validateStoredText, validateStoredTexts } from "./input/stored-text.ts";
import type { ProblemDetails } from "./problem.ts";
import { framed, sendProblem } from "./reply.ts";
import { type Route, runAfterUsage, type StreamOutput } from "./route.ts";

declare module "fastify" {
	interface FastifyRequest {
		/** The context that the gate created, passed to the action of the route. */
		admitted: unknown;
		/** The code of the refusal that was sent, for the log. */
		refused_with: string | null;
		/** The outcome of a key verification, for the log: `allowed`, or the code of the denial. Null if no key was verified. */
		decision: string | null;
	}
	interface FastifyContextConfig {
		route?: Route<never>;
	}
}

/** A context with one detail for every 404 of its request, so that responses do not reveal which resource is missing. */
interface WithNotFound {
	readonly not_found_detail: string;
}

/** The 404 detail of the request's context; null keeps the detail of the thrown error. */
export function getNotFoundDetail(request: FastifyRequest): string | null {
	const { admitted } = request;
	return admitted !== null && typeof admitted === "object" && "not_found_detail" in admitted ? (admitted as WithNotFound).not_found_detail : null;
}

/** Returned by a gate that rejects the request. */
export class GateDenial {
	readonly refusal: ProblemDetails;

	constructor(refusal: ProblemDetails) {
		this.refusal = refusal;
	}
}

/**
 * Authorises each request of one route after the framing checks and before the body is read.
 * Returns the context for the action of the route, or a `GateDenial`; a promise only when it has to fetch data.
 */
export type Gate<C> = (route: Route<C>) => (request: FastifyRequest, reply: FastifyReply) => C | GateDenial | Promise<C | GateDenial>;

export interface MountOptions {
	/**
	 * Checks after the body has arrived, which may take long, that the credential is still valid. For routes whose
	 * action does not check it in its own transaction. A promise only when it has to fetch data.
	 */
	readonly afterBody?: (request: FastifyRequest) => ProblemDetails | null | Promise<ProblemDetails | null>;
	/** Base address of the pages that explain the codes. */
	readonly problem_type_base: () => string;
	/** Detects secrets in a request, which must not be stored. Default: `holdsSecret`, which detects the formats common to all instances. */
	readonly secretTestOf?: (request: FramedRequest) => SecretTest;
	/** Default: `BODY_PACE`. */
	readonly body_pace?: BodyPace;
	/** Default: a key of this process, so that other nodes reject its cursors. */
	readonly cursors?: CursorSeal;
	readonly onDecided?: OnDecided;
	/** Required by routes that declare `reads_usage`. */
	readonly aggregateUsage?: () => Promise<void>;
}

const UNSHARED_CURSORS = new CursorSeal([randomBytes(32)]);

function toSchema(route: Route<never>): FastifySchema {
	const response: Record<number, unknown> = {};
	if (typeof route.output === "object") response[route.status] = route.output;
	return { ...(route.query ? { querystring: route.query } : {}), ...(route.body ? { body: route.body } : {}), response };
}

/** Guarantee: no JSON output of a route with formats has a member `stream`. */
function isStream(route: Route<never>, result: unknown): result is StreamOutput {
	return route.output === "stream" || (route.formats !== undefined && result !== null && typeof result === "object" && "stream" in result);
}

/**
 * Guarantee: path parameters are strings, and the schemas of the route have validated all other input before the handler runs. A query or
 * body that the route does not declare is not validated, and is dropped: otherwise a query could supply fields that the body schema rejects.
 */
function getInput(
	request: FastifyRequest,
	route: Route<never>,
	{ holds_secret, pace }: { holds_secret: SecretTest; pace: BodyPace },
): Record<string, unknown> {
	const input = Object.assign({}, route.query && request.query, route.body && request.body, request.params) as Record<string, unknown>;
	if (route.input === "upload") {
		const length = request.headers["content-length"];
		input.upload = {
			content_length: length === undefined ? null : Number(length),
			content_type: request.headers["content-type"] ?? "",
			body: pacedBody(request.raw, pace),
			assertStorable(pointer: string, text: string) {
				const detail = validateStoredText(text, holds_secret);
				if (detail !== null) throw storedTextFailure([{ pointer, detail }]);
			},
		};
	}
	return input;
}

/** Throws 400 when stored input contains a secret or unprintable text: the body, the name in a PUT path, the `Idempotency-Key`. */
function assertStorable(request: FastifyRequest, route: Route<never>, holds_secret: SecretTest): void {
	const { body, params } = request;
	const idempotency_key = route.method === "POST" ? framed(request).headers["idempotency-key"] : undefined;
	if (typeof idempotency_key === "string" && holds_secret(idempotency_key))
		throw new ApiError(
			"invalid_request",
			"The Idempotency-Key contains an API key, a credential or a one-time link, and it would be stored. Use another Idempotency-Key, and replace the exposed secret.",
		);
	if (route.stores_no_input === true) return;
	const errors: InputError[] = route.body === undefined ? [] : validateStoredTexts(route.body, body, holds_secret);
	for (const [name, text] of route.method === "PUT" ? Object.entries(params ?? {}) : []) {
		const detail = validateStoredText(String(text), holds_secret);
		if (detail !== null) errors.push({ pointer: `/path/${name}`, detail });
	}
	if (errors.length > 0) throw storedTextFailure(errors);
}

/** Registers every route with the framework, behind `gate`. */
export function mount<C>(app: FastifyInstance, routes: readonly Route<C>[], gate: Gate<C>, options: MountOptions): void {
	for (const route of routes) mountRoute(app, route as Route<unknown>, gate(route) as ReturnType<Gate<unknown>>, options);
}

function mountRoute(app: FastifyInstance, route: Route<unknown>, admit: ReturnType<Gate<unknown>>, options: MountOptions): void {
	const { afterBody, secretTestOf = () => holdsSecret, body_pace: pace = BODY_PACE } = options;
	const stores = route.method !== "GET";
	const json_time_ms = getBodyTime(route, pace);
	const run = runAfterUsage(route, runWithCursors(route, options.cursors ?? UNSHARED_CURSORS), options.aggregateUsage);
	const is_keyed = route.access === "key";

	function askAgain(request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void {
		const answer = afterBody?.(request) ?? null;
		const end = (refusal: ProblemDetails | null) =>
			refusal === null ? done() : void sendProblem(request, reply, refusal, options.problem_type_base());
		if (answer instanceof Promise) answer.then(end, done);
		else end(answer);
	}

	function decided(request: FastifyRequest, reply: FastifyReply, kind: DecisionKind, code: string): void {
		request.decision = code;
		options.onDecided?.(kind, code, reply.elapsedTime);
	}

	function finish(request: FastifyRequest, reply: FastifyReply, result: unknown): unknown {
		if (route.decides) decided(request, reply, "verify", getDecisionCode(result));
		return answerWith(reply, route, result);
	}

	function conclude(request: FastifyRequest, reply: FastifyReply, answer: unknown, done: () => void): void {
		if (is_keyed) decided(request, reply, "keyed", answer instanceof GateDenial ? answer.refusal.code : "allowed");
		if (answer instanceof GateDenial) return sendProblem(request, reply, answer.refusal, options.problem_type_base());
		request.admitted = answer;
		if (route.input === "none") return takeNothing(framed(request), reply, done);
		done();
	}

	function takeNothing(raw: FramedRequest, reply: FastifyReply, done: () => void): void {
		if (announcesBody(raw)) return expectNoBody(raw, reply.raw, { pace, ignores_body: route.ignores_body === true }, done);
		if (stores) removeBodyHeaders(raw);
		done();
	}

	function beginJson(request: FastifyRequest, reply: FastifyReply, _payload: unknown, done: (error?: Error | null) => void): void {
		const raw = framed(request);
		sendContinue(raw, reply.raw);
		if (announcesBody(raw)) beginBodyTime(raw, json_time_ms);
		done(null);
	}

	app.route({
		method: route.method,
		url: route.path,
		config: { route },
		schema: toSchema(route),
		...(route.body_bytes_max ? { bodyLimit: route.body_bytes_max } : {}),
		onRequest(request, reply, done) {
			const answer = admit(request, reply);
			if (answer instanceof Promise) answer.then((late) => conclude(request, reply, late, done), done);
			else conclude(request, reply, answer, done);
		},
		...(route.input === "none" ? {} : { preParsing: route.input === "upload" ? beginUpload : beginJson }),
		...(isBodyOptional(route) ? { preValidation: fillBody } : {}),
		...(afterBody !== undefined && stores ? { preHandler: askAgain } : {}),
		handler(request, reply) {
			endBodyTime(framed(request));
			const holds_secret = stores ? secretTestOf(framed(request)) : holdsSecret;
			if (stores) assertStorable(request, route, holds_secret);
			const respond = (route.formats && formatFor(route.formats, framed(request).headers.accept)) ?? run;
			const result = respond(request.admitted, getInput(request, route, { holds_secret, pace }));
			if (result instanceof Promise) return result.then((late) => finish(request, reply, late));
			return finish(request, reply, result);
		},
	});
}

/** Uploads are multipart forms: another content type is rejected before the framework parses it. */
function beginUpload(request: FastifyRequest, reply: FastifyReply, _payload: unknown, done: (error?: Error | null) => void): void {
	if (!/^multipart\/form-data\b/i.test(request.headers["content-type"] ?? ""))
		return done(toApiError({ code: "FST_ERR_CTP_INVALID_MEDIA_TYPE" }, request.routeOptions.config.route ?? null));
	sendContinue(framed(request), reply.raw);
	done(null);
}

/** An omitted optional body becomes an empty object. */
function fillBody(request: FastifyRequest, _reply: FastifyReply, done: () => void): void {
	if (request.body === undefined) request.body = {};
	done();
}

function answerWith(reply: FastifyReply, route: Route<never>, result: unknown): unknown {
	reply.code(route.status);
	if (route.formats) reply.header("vary", "Accept");
	if (isStream(route, result)) return reply.headers(result.headers).send(result.stream);
	if (route.output === "none") return reply.send();
	return reply.send(result as TSchema);
}

/** Rejects NUL, which PostgreSQL cannot store and which ends strings in C programs. */
export function refuseNulInQuery(request: FastifyRequest): ApiError | null {
	const raw = framed(request);
	if (raw.query_at === -1 || !raw.url?.includes("%00", raw.query_at)) return null;
	return new ApiError("invalid_request", "The query contains a NUL character. Remove it.");
}
