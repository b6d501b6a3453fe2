import { createServer, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from "fastify";
import { ApiError, ERRORS } from "../core/error.ts";
import type { Log } from "../core/log.ts";
import { newRequestId } from "../core/request-id.ts";
import { addAccessLog } from "./access-log.ts";
import { toApiError } from "./api-error.ts";
import { announcesBody, BODY_PACE, type BodyPace, isBodyOptional, JSON_BODY_BYTES_MAX, limitUnreadBody } from "./body.ts";
import { serializerOnFirstUse, validatorOnFirstUse } from "./compile.ts";
import type { OnDecided } from "./decided.ts";
import { type AnswerHead, DirectRoute } from "./direct.ts";
import { FORWARD_AUTH, isForwardAuth, problemFor } from "./forward-auth-problem.ts";
import { FramedRequest } from "./framed-request.ts";
import { checkFraming, getPath } from "./framing.ts";
import { parseStrictJson } from "./input/strict-json.ts";
import { getNotFoundDetail } from "./mount.ts";
import { INTERNAL_ERROR, toProblem, toResponseText, writeProblem } from "./problem.ts";
import { closeWithoutReset, framed, sendProblem } from "./reply.ts";
import { Stop } from "./stop.ts";
import { UnreadableLog } from "./unreadable-log.ts";

const HEADERS_BYTES_MAX = 16_384;
const HEADERS_TIMEOUT_MS = 15_000;
const KEEP_ALIVE_MS = 65_000;
/** Interval of the check for slow requests: a request is cut off at most this late. */
const TIMEOUTS_CHECKED_EVERY_MS = 5_000;
/** How long shutdown waits for pending requests. Node.js no longer times out slow requests after `close`, so one could block it forever. */
const CLOSING_PATIENCE_MS = 5_000;

export interface HttpOptions {
	log: Log;
	access_log: Log | null;
	problem_type_base: () => string;
	/** Called for every response with its status and the code of a refusal. */
	onAnswered?: (status: number, code: string | null) => void;
	/** Default: `BODY_PACE`. */
	body_pace?: BodyPace;
	/** Called for every forward-auth decision about a key. */
	onDecided?: OnDecided;
	/** Called for every request with a head that could be read, before its response. */
	onHead?: (request: FramedRequest, is_refused: boolean) => void;
	/** Responds to forward-auth requests. */
	forward_auth?: AnswerHead;
}

/** Creates the HTTP server: framing checks first, strict JSON, RFC 9457 problems, one log line per request. */
export function createHttp(options: HttpOptions): FastifyInstance {
	const stop = new Stop();
	const app = fastify({
		serverFactory: (handler) => createListener(handler, options, stop),
		genReqId: (raw) => (raw as unknown as FramedRequest).request_id,
		logger: false,
		// The listener answers such bytes. Fastify's own handler would destroy the socket, and with it the response.
		clientErrorHandler() {},
		bodyLimit: JSON_BODY_BYTES_MAX,
		// Requests on open connections are still answered during shutdown: a proxy would not retry them on another server.
		return503OnClosing: false,
		routerOptions: { maxParamLength: HEADERS_BYTES_MAX, caseSensitive: true, ignoreTrailingSlash: false },
		frameworkErrors: (error, request, reply) => {
			answerFailure(error, request, reply, options);
		},
	});
	app.decorateRequest("admitted", null);
	app.decorateRequest("refused_with", null);
	app.decorateRequest("decision", null);
	app.setValidatorCompiler(validatorOnFirstUse);
	app.setSerializerCompiler(serializerOnFirstUse);
	app.setErrorHandler((error, request, reply) => {
		answerFailure(error, request, reply, options);
	});
	addBodyParsers(app);
	app.addHook("onRequest", (request, reply, done) => {
		reply.header("x-request-id", request.id);
		reply.header("x-content-type-options", "nosniff");
		done();
	});
	app.addHook("onResponse", (request, _reply, done) => {
		if (!request.raw.complete) limitUnreadBody(framed(request), options.body_pace ?? BODY_PACE);
		done();
	});
	addAccessLog(app, options);
	app.addHook("preClose", async () => {
		await stop.begin();
		setTimeout(() => app.server.closeAllConnections(), CLOSING_PATIENCE_MS).unref();
	});
	return app;
}

function createListener(handler: (request: FramedRequest, response: ServerResponse) => void, options: HttpOptions, stop: Stop): Server {
	/** The latest response of each connection. */
	const { answering } = stop;
	const unreadable = new UnreadableLog(options.access_log);
	const direct = options.forward_auth && new DirectRoute(FORWARD_AUTH, options.forward_auth, options);

	function onRequest(request: FramedRequest, response: ServerResponse): void {
		answering.set(request.socket, response);
		if (stop.begun) stop.endWith(response);
		const refusal = checkFraming(request) ?? stop.refusalOf(request);
		options.onHead?.(request, refusal !== null);
		if (refusal) {
			const { request_id, method } = request;
			const { status } = ERRORS[refusal.code];
			options.onAnswered?.(status, refusal.code);
			options.access_log?.info({ request_id, method, status, code: refusal.code }, "request_refused");
			writeProblem(response, problemFor(request, refusal, options.problem_type_base()));
		} else if (direct && isForwardAuth(request.url ?? "")) direct.handle(request, response);
		else handler(request, response);
	}
	const server = createServer(
		{
			IncomingMessage: FramedRequest,
			maxHeaderSize: HEADERS_BYTES_MAX,
			headersTimeout: HEADERS_TIMEOUT_MS,
			// No limit for the whole request: body.ts limits each kind of body.
			requestTimeout: 0,
			keepAliveTimeout: KEEP_ALIVE_MS,
			connectionsCheckingInterval: TIMEOUTS_CHECKED_EVERY_MS,
			requireHostHeader: false,
		},
		onRequest,
	);
	server.maxHeadersCount = 0;
	server.on("connection", (socket) => {
		if (stop.begun) stop.countArrival();
		socket.once("close", () => answering.delete(socket));
		const close = socket.destroySoon.bind(socket);
		// Node.js calls this after the last response of a connection.
		socket.destroySoon = () => (answering.get(socket)?.req.complete === false ? closeWithoutReset(socket) : close());
	});
	server.on("checkContinue", (request: FramedRequest, response: ServerResponse) => {
		request.awaits_continue = true;
		onRequest(request, response);
	});
	server.on("checkExpectation", (request: FramedRequest, response: ServerResponse) => {
		options.onHead?.(request, true);
		const { status, code } = UNKNOWN_EXPECTATION;
		options.onAnswered?.(status, code);
		unreadable.write({ request_id: request.request_id, status, code, reason: null });
		writeProblem(response, problemFor(request, UNKNOWN_EXPECTATION, options.problem_type_base()));
	});
	server.on("connect", (_request, socket) => writeBare(socket, NO_PROXY, null));
	server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
		if (error.code === "ECONNRESET" || !socket.writable || !mayAnswer(socket, answering.get(socket))) return void socket.destroy();
		writeBare(socket, refusalOfBytes(error.code), error.code ?? null);
	});
	return server;

	/** Writes a response to a socket without a response object, and closes the connection. */
	function writeBare(socket: Duplex, refusal: ApiError, reason: string | null): void {
		const request_id = newRequestId();
		options.onAnswered?.(refusal.status, refusal.code);
		unreadable.write({ request_id, status: refusal.status, code: refusal.code, reason });
		socket.write(toResponseText(toProblem(refusal, request_id, options.problem_type_base())));
		closeWithoutReset(socket);
	}
}

const UNKNOWN_EXPECTATION = new ApiError("invalid_request", "The only supported expectation is 100-continue. Send the request without any other.");
const NO_PROXY = new ApiError("invalid_request", "CONNECT is not supported. Send the request to a path.");

/** Whether a refusal can be written to `socket`: false if a response has begun, or if an earlier request still awaits its response. */
function mayAnswer(socket: Duplex, latest: ServerResponse | undefined): boolean {
	if (latest === undefined || latest.writableFinished) return true;
	return !latest.req.complete && !latest.headersSent && latest.socket === socket;
}

/** Maps an error code of the HTTP parser to a refusal. */
function refusalOfBytes(code: string | undefined): ApiError {
	if (code === "HPE_HEADER_OVERFLOW") return new ApiError("headers_too_large", "The headers are longer than 16 KiB. Send fewer and shorter ones.");
	if (code === "ERR_HTTP_REQUEST_TIMEOUT")
		return new ApiError("request_timeout", `The headers of the request did not arrive within ${HEADERS_TIMEOUT_MS / 1_000} seconds. Send it again.`);
	return new ApiError("invalid_request", "The bytes received are not an HTTP/1.1 request.");
}

function answerFailure(error: unknown, request: FastifyRequest, reply: FastifyReply, options: HttpOptions): void {
	const failure = toApiError(error, request.routeOptions?.config?.route ?? null);
	if (!failure) options.log.error({ err: error, request_id: request.id }, "request_failed");
	else if (failure.metadata.cause !== undefined)
		options.log.warn({ err: failure.metadata.cause, request_id: request.id, code: failure.code }, "request_refused_by_fault");
	const not_found_detail = failure?.code === "not_found" ? getNotFoundDetail(request) : null;
	if (not_found_detail !== null) return sendProblem(request, reply, { code: "not_found", detail: not_found_detail }, options.problem_type_base());
	sendProblem(request, reply, failure ?? INTERNAL_ERROR, options.problem_type_base());
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decodeUtf8(body: Buffer): string {
	try {
		return utf8.decode(body);
	} catch {
		throw new ApiError("invalid_request", "The body is not valid UTF-8.");
	}
}

const CHARSET = /;\s*charset\s*=\s*"?([^\s";]*)/gi;

/** Parses a JSON body, which must be UTF-8 (RFC 8259). Rejects another declared charset, because it would be decoded wrongly. */
export function readJson({ headers, routeOptions }: FastifyRequest, body: Buffer): unknown {
	const charsets = [...(headers["content-type"] ?? "").matchAll(CHARSET)].map(([, name = ""]) => name.toLowerCase());
	if (charsets.some((name) => name !== "utf-8" && name !== "utf8"))
		throw new ApiError("unsupported_media_type", "Send the body as JSON in UTF-8, with Content-Type: application/json.");
	return body.length === 0 && isBodyOptional(routeOptions.config.route) ? {} : parseStrictJson(decodeUtf8(body));
}

function addBodyParsers(app: FastifyInstance): void {
	app.removeAllContentTypeParsers();
	app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, body, done) => {
		try {
			done(null, readJson(request, body as Buffer));
		} catch (error) {
			done(error as Error);
		}
	});
	app.addContentTypeParser("*", (request, _payload, done) => {
		const { route } = request.routeOptions.config;
		if (route?.input === "upload") return done(null, undefined);
		// `curl -d ''` declares an empty body as a form.
		if (isBodyOptional(route) && !announcesBody(framed(request))) return done(null, {});
		done(toApiError({ code: "FST_ERR_CTP_INVALID_MEDIA_TYPE" }, route ?? null), undefined);
	});
}

/** Handles unknown paths and methods: 405 with `Allow` when the path has other methods, else 404. Call once, after all routes are mounted. */
export function handleUnknownPaths(
	app: FastifyInstance,
	known: readonly { method: string; path: string }[],
	options: Pick<HttpOptions, "problem_type_base"> & {
		/** Sends the dashboard page for a mistyped page address; false for any other path. */
		readonly sendMissingPage?: (path: string, accept: string, reply: FastifyReply) => boolean;
	},
): void {
	const patterns = known
		.filter((row) => row.method !== "ANY")
		.map((row) => ({ method: row.method, pattern: new RegExp(`^${row.path.replace(/:[a-z_0-9]+/g, "[^/]+")}$`) }));
	// Before the body is read, because no credential has been verified.
	app.addHook("onRequest", (request, reply, done) => {
		if (!request.is404) return done();
		const raw = framed(request);
		const path = getPath(raw);
		const methods = patterns.filter((row) => row.pattern.test(path)).map((row) => row.method);
		const missing = request.method === "GET" && methods.length === 0;
		if (missing && options.sendMissingPage?.(path, raw.headers.accept ?? "", reply)) return;
		const refusal =
			methods.length > 0
				? new ApiError("method_not_allowed", `This path supports ${methods.join(", ")}.`, { headers: { allow: methods.join(", ") } })
				: new ApiError("not_found", "No route has this path. Compare it with the API reference.");
		sendProblem(request, reply, refusal, options.problem_type_base());
	});
}
