import Type from "typebox";
import { ApiError } from "../core/error.ts";
import { type Route, route } from "../http/route.ts";
import type { LiveImportedFormats } from "../keys/imported/formats.ts";
import { ScannerFormatSchema, toScannerFormats } from "../keys/imported/scanner-formats.ts";
import type { Node } from "../nodes/node.ts";
import { getProfile } from "../plans/profile/edit.ts";
import type { ProfileContext } from "../plans/profile/live.ts";
import { ProfileSchema } from "../plans/schema.ts";
import type { Metrics } from "./metrics/metrics.ts";
import { newNonce, pageHeaders } from "./page-headers.ts";
import { problemPage, streamText } from "./plain-page.ts";

export interface PublicContext extends ProfileContext {
	readonly node: Node;
	/** The OpenAPI document of this instance, serialised once. */
	readonly openapi: string;
	readonly metrics: Metrics;
	readonly key_brand: string;
	readonly imported_formats: LiveImportedFormats;
}

const PublicProfile = Type.Object({
	...ProfileSchema.properties,
	key_formats: Type.Array(ScannerFormatSchema, { description: "For scanners: how leaked keys are recognised" }),
});
const Health = Type.Object({ status: Type.Literal("ok") });

export const publicRoutes: readonly Route<PublicContext>[] = [
	route({
		method: "GET",
		path: "/api/v1/api-profile",
		access: "public",
		summary: "The API that this instance protects: its name, address, links and colours, and the formats of its keys",
		status: 200,
		output: PublicProfile,
		run: async (context: PublicContext) => ({
			...(await getProfile(context)),
			key_formats: toScannerFormats(context.key_brand, await context.imported_formats.current()),
		}),
	}),
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
			if (!context.node.lease.holds()) throw new ApiError("unavailable", "This server has no lease: its database cannot be reached.");
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
		run: async ({ profile }: PublicContext, input) => {
			const nonce = newNonce();
			const page = streamText(problemPage(input.code, profile.known, nonce), "text/html; charset=utf-8");
			return { ...page, headers: { ...page.headers, ...pageHeaders(nonce, { kind: "plain", secure: profile.public_url.startsWith("https:") }) } };
		},
	}),
	route({
		method: "GET",
		path: "/api/v1/openapi.json",
		access: "public",
		summary: "This API as OpenAPI 3.1",
		status: 200,
		output: "stream",
		run: async (context: PublicContext) => streamText(context.openapi, "application/json"),
	}),
];

export const metricsRoutes: readonly Route<PublicContext>[] = [
	route({
		method: "GET",
		path: "/metrics",
		access: "operator",
		summary: "Metrics in the Prometheus text format",
		status: 200,
		output: "stream",
		run: async ({ metrics }: PublicContext) => streamText(await metrics.text(), metrics.content_type),
	}),
];
