import type { FastifyInstance } from "fastify";
import type { Log } from "../core/log.ts";
import { getTrace } from "../core/trace.ts";

interface AccessLogOptions {
	readonly access_log: Log | null;
	readonly onAnswered?: (status: number, code: string | null) => void;
}

/** Writes one log line and calls `onAnswered` for each response of the framework, with its status, the error code, and the decision about a key. */
export function addAccessLog(app: FastifyInstance, { access_log, onAnswered }: AccessLogOptions): void {
	app.addHook("onResponse", (request, reply, done) => {
		onAnswered?.(reply.statusCode, request.refused_with);
		access_log?.info(
			{
				request_id: request.id,
				method: request.method,
				route: request.routeOptions.url ?? null,
				status: reply.statusCode,
				code: request.refused_with,
				decision: request.decision,
				duration_ms: Math.round(reply.elapsedTime * 1000) / 1000,
				...getTrace(request.headers.traceparent),
			},
			"request_answered",
		);
		done();
	});
}
