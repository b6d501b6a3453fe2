import type { FastifyRequest } from "fastify";
import { toAnonymousCaller } from "../access/anonymous.ts";
import { admit, type ContextParts, type GateOptions } from "../access/gate.ts";
import { ApiError } from "../core/error.ts";
import { type Gate, GateDenial } from "../http/mount.ts";
import { framed } from "../http/reply.ts";
import type { AddressPace } from "./address-pace.ts";
import type { ReportSignature } from "./code-host.ts";

/** Added for routes of people and programs that have found a key. */
export interface FinderParts extends ContextParts {
	/** The value of X-API-Key. It must never reach a log, a row or an error. */
	readonly presented: string | null;
	readonly user_agent: string | null;
}

function toFinder(request: FastifyRequest) {
	const { raw_key, headers } = framed(request);
	const who = { actor: { kind: "system", name: "public" } as const, scope: "" };
	return { ...who, presented: raw_key, user_agent: headers["user-agent"] ?? null };
}

/** Admits every caller, with an empty scope. The key in X-API-Key authenticates nothing: it is what the request is about. */
export function finderGate<C>(options: GateOptions<C, FinderParts>): Gate<C> {
	return (route) => (request, reply) => {
		reply.header("cache-control", "no-store");
		return admit(options, route, request, reply, toFinder(request));
	};
}

/** The bytes of a JSON body, which a signature covers; set when the body has arrived. */
export class RawBody {
	bytes: Buffer = Buffer.alloc(0);
}

/** Added for reports. */
export interface ReportParts extends FinderParts {
	readonly signature: ReportSignature | null;
	readonly body: RawBody;
}

export interface ReporterOptions {
	/** Of reports without a signature, and of those that claim one. */
	readonly paces: { readonly anyone: AddressPace; readonly signed: AddressPace };
	/** Where the bytes of the body of each request are put. */
	readonly bodies: WeakMap<FastifyRequest, RawBody>;
}

/** The same for reports: limits the calls of each address before the body is read. */
export function reporterGate<C>(options: GateOptions<C, ReportParts> & ReporterOptions): Gate<C> {
	return (route) => (request, reply) => {
		reply.header("cache-control", "no-store");
		const signature = getSignature(request);
		const pace = signature === null ? options.paces.anyone : options.paces.signed;
		try {
			pace.take(toAnonymousCaller(request, reply, options).bucket);
		} catch (error) {
			if (error instanceof ApiError) return new GateDenial(error);
			throw error;
		}
		const body = new RawBody();
		options.bodies.set(request, body);
		return admit(options, route, request, reply, { ...toFinder(request), signature, body });
	};
}

/** A header that is there without the other counts as a signature, which is then wrong. */
function getSignature(request: FastifyRequest): ReportSignature | null {
	const { headers } = framed(request);
	const identifier = headers["github-public-key-identifier"];
	const signature = headers["github-public-key-signature"];
	if (identifier === undefined && signature === undefined) return null;
	return { identifier: String(identifier ?? ""), signature: String(signature ?? "") };
}
