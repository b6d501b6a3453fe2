import type { FastifyReply, FastifyRequest } from "fastify";
import type { Log } from "../core/log.ts";
import type { AllowList } from "../core/network.ts";
import type { FramedRequest } from "../http/framed-request.ts";
import { readIdempotencyKey } from "../http/input/fields.ts";
import { type Gate, GateDenial, refuseNulInQuery } from "../http/mount.ts";
import { getClientAddress, isPlainHttp } from "../http/peer.ts";
import { framed } from "../http/reply.ts";
import type { Route } from "../http/route.ts";
import { getClientKind } from "./client-kind.ts";
import { type Denial, keyNotSent } from "./denial.ts";
import { type ExposedKeys, logExposure } from "./exposed-key.ts";
import { formatPlace } from "./find-keys.ts";
import { setGrantHeaders } from "./grant-headers.ts";
import type { Grant } from "./grants/grant.ts";
import type { KeyedRequest } from "./keyed-context.ts";
import { NO_BUDGETS } from "./limits/allowance.ts";
import type { Decision, Question } from "./question.ts";
import type { Verifier } from "./verifier.ts";

export interface KeyedGateOptions<C> {
	readonly verifier: Verifier;
	readonly exposed_keys: ExposedKeys;
	readonly trusted_proxies: AllowList | null;
	readonly log: Log;
	readonly makeContext: (grant: Grant, request: KeyedRequest) => C;
}

/** Guarantee: parameters of a matched route are strings. */
function getParameters(request: FastifyRequest): Record<string, string | undefined> {
	return request.params as Record<string, string | undefined>;
}

export function getHeader(raw: FramedRequest, name: string): string | null {
	const value = raw.headers[name];
	return typeof value === "string" ? value : null;
}

/** Codes of a right secret that has ended. */
const ENDED: ReadonlySet<string> = new Set(["key_revoked", "key_rotated"]);

/** Whether the secret is right and has not ended, whatever else is wrong. A refusal is decided, kept and counted as always. */
async function decideBySecret(verifier: Verifier, question: Question): Promise<Decision> {
	const { grant, denial } = await verifier.examine(question);
	if (grant === null || denial?.code === "unavailable" || ENDED.has(denial?.code ?? "")) return verifier.decide(question);
	return { grant, denial: null };
}

/** The gate of keyed routes: verifies the key of the request and sets the headers of allowed and denied responses. */
export function keyedGate<C>(options: KeyedGateOptions<C>): Gate<C> {
	const { verifier, exposed_keys } = options;
	return (route: Route<C>) => {
		const permissions = route.permission === undefined ? [] : [route.permission];
		const operation = `${route.method} ${route.path}`;

		function toQuestion(request: FastifyRequest, raw: FramedRequest, raw_key: string): Question {
			const parameters = getParameters(request);
			const address = getClientAddress(raw, options.trusted_proxies);
			const user_agent = getHeader(raw, "user-agent");
			return {
				raw_key,
				request_id: raw.request_id,
				cost: 1,
				limits: null,
				budgets: route.spends_no_budget === true ? NO_BUDGETS : null,
				operation,
				source: verifier.sources.of(raw.socket, address, user_agent, raw.client_name),
				address,
				client: getClientKind({
					origin: getHeader(raw, "origin"),
					sec_fetch_site: getHeader(raw, "sec-fetch-site"),
					user_agent,
				}),
				tenant_id: parameters.tenant_id ?? null,
				site_id: parameters.site_id ?? null,
				capability: null,
				permissions,
				plain_http: isPlainHttp(raw, options.trusted_proxies, address),
			};
		}

		function conclude(request: FastifyRequest, reply: FastifyReply, raw: FramedRequest, question: Question, decision: Decision): C | GateDenial {
			const { grant, denial } = decision;
			if (grant !== null) setGrantHeaders(reply, decision, grant, question.limits, verifier);
			if (denial !== null) return new GateDenial(denial);
			if (grant === null) throw new Error("impossible state: allowed without a grant");
			if (question.client !== "server") logExposure(options.log, grant, question.client, verifier.now().monotonic);
			const fault = refuseNulInQuery(request);
			if (fault) return new GateDenial(fault);
			const idempotency = route.method === "POST" ? readIdempotencyKey(raw) : null;
			if (idempotency !== null && typeof idempotency !== "string") return new GateDenial(idempotency);
			return options.makeContext(grant, {
				request_id: raw.request_id,
				idempotency_key: idempotency,
				site_id: question.site_id,
				permission: route.permission ?? null,
				raw_key: route.takes_raw_key === true ? question.raw_key : null,
				address: question.address,
			});
		}

		return (request, reply) => {
			const raw = framed(request);
			reply.header("cache-control", "no-store");
			if (raw.raw_key === null || raw.raw_key.trim() === "") {
				const denial = keyMissing(raw, exposed_keys);
				verifier.keepWithoutKey(toQuestion(request, raw, ""), denial);
				return new GateDenial(denial);
			}
			const question = toQuestion(request, raw, raw.raw_key);
			const decision = route.secret_suffices === true ? decideBySecret(verifier, question) : verifier.decide(question);
			if (decision instanceof Promise) return decision.then((late) => conclude(request, reply, raw, question, late));
			return conclude(request, reply, raw, question, decision);
		};
	};
}

/** The denial of a request without X-API-Key. A key in another place of its head is not accepted; `searchHead` has reported it. */
export function keyMissing(raw: FramedRequest, exposed_keys: ExposedKeys): Denial {
	const [found] = exposed_keys.findIn(raw);
	if (found === undefined) return keyNotSent();
	return keyNotSent(
		`A key was sent in the ${formatPlace(found.place)}, where logs and caches can store it. Send the API key in the X-API-Key header, and replace the exposed key.`,
		formatPlace(found.place),
	);
}
