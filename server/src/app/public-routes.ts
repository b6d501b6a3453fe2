import { Readable } from "node:stream";
import Type from "typebox";
import type { Context } from "../core/context.ts";
import { ERRORS, type ErrorCode, Failure } from "../core/error.ts";
import { type Row, route, type StreamOutput } from "../http/route.ts";
import type { Node } from "../nodes/node.ts";
import type { Metrics } from "./metrics.ts";

export interface PublicContext extends Context {
	readonly node: Node;
	/** The routes of this instance as OpenAPI, written once. */
	readonly openapi: string;
	readonly metrics: Metrics;
}

const Health = Type.Object({ status: Type.Literal("ok") });

function text(body: string, content_type: string): StreamOutput {
	return { stream: Readable.from([body]), headers: { "content-type": content_type, "content-length": String(Buffer.byteLength(body)) } };
}

function isErrorCode(code: string): code is ErrorCode {
	return Object.hasOwn(ERRORS, code);
}

/** The page that a problem's `type` points at. Holds nothing but the error table. */
async function problemPage(code: string): Promise<StreamOutput> {
	if (!isErrorCode(code)) throw new Failure("not_found", "There is no error with this code.");
	const { status, title, cure } = ERRORS[code];
	const cureHtml = cure
		.replace(/&/g, "&amp;")
		.replace(/</g, "&lt;")
		.replace(/`([^`]+)`/g, "<code>$1</code>");
	const page = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${code}</title>
<main><p><code>${status} ${code}</code></p><h1>${title}</h1><p>${cureHtml}</p></main></html>
`;
	const output = text(page, "text/html; charset=utf-8");
	return { ...output, headers: { ...output.headers, "content-security-policy": "default-src 'none'; frame-ancestors 'none'" } };
}

export const publicRows: readonly Row<PublicContext>[] = [
	route({
		method: "GET",
		path: "/healthz",
		access: "public",
		summary: "Whether the process is alive",
		status: 200,
		output: Health,
		run: () => ({ status: "ok" as const }),
	}),
	route({
		method: "GET",
		path: "/readyz",
		access: "public",
		summary: "Whether keyed requests can be answered",
		status: 200,
		output: Health,
		run(context: PublicContext) {
			if (!context.node.lease.holds()) throw new Failure("unavailable", "This server has no lease: its database cannot be reached.");
			return { status: "ok" as const };
		},
	}),
	route({
		method: "GET",
		path: "/problems/:code",
		access: "public",
		summary: "What an error code means and what to do",
		status: 200,
		output: "stream",
		run: (_context: PublicContext, input) => problemPage(input.code),
	}),
	route({
		method: "GET",
		path: "/api/v1/openapi.json",
		access: "public",
		summary: "This API as OpenAPI 3.1",
		status: 200,
		output: "stream",
		run: async (context: PublicContext) => text(context.openapi, "application/json"),
	}),
];

export const metricsRows: readonly Row<PublicContext>[] = [
	route({
		method: "GET",
		path: "/metrics",
		access: "operator",
		summary: "Metrics in the Prometheus text format",
		status: 200,
		output: "stream",
		run: async ({ metrics }: PublicContext) => text(await metrics.registry.metrics(), metrics.registry.contentType),
	}),
];
