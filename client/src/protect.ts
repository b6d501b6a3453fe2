import { createHash, randomUUID } from "node:crypto";
import { getDecision, toQuestion } from "./guard.ts";
import { readFunction, readNamed, readText } from "./plain.ts";
import { getHeaders, getProblem, type Problem, type ProblemOptions } from "./problem.ts";
import { createReporter, type OnError } from "./report.ts";
import type { HeaderLines } from "./request/take-key.ts";
import { getReaders, type Rules } from "./rules.ts";
import type { Admission, Decision } from "./verifier/decision.ts";
import { DecisionCache } from "./verifier/decision-cache.ts";
import { type RequestFacts, readVerifier, VERIFIER_OPTIONS, type Verifier, type VerifierOptions, verifierFrom } from "./verifier/verifier.ts";

/** Options of an app: the address of Keywright or a verifier, and the format of problems. */
export type KeywrightOptions = ProblemOptions &
	((VerifierOptions & { readonly verifier?: never }) | { readonly verifier: Verifier; readonly on_error?: OnError });

/** The adapter must set the headers and continue with the admission, or send the problem. */
export type Outcome = { readonly admission: Admission; readonly headers: Readonly<Record<string, string>> } | { readonly problem: Problem };

/**
 * Decides about one request, given its header lines, its details and its raw target with the query. `carrier` is one object for all guards
 * of a request, such as Node's request: guards with the same question charge once.
 */
export type Decide<Request> = (
	request: Request,
	headers: HeaderLines,
	facts: RequestFacts | (() => RequestFacts),
	url?: string,
	carrier?: object,
) => Promise<Outcome>;

export interface Protection {
	guard<Request>(rules: Rules<Request>): Decide<Request>;
	/** Closes the verifier, unless the caller passed it in. */
	close(): void;
}

/** What adapters need in addition. */
export interface OwnProtection extends Protection {
	/** Decisions of running requests. Those of a verifier that the caller passed in are never shared. */
	readonly decided: DecisionCache;
}

const ONLY_OWN = ["url", "credential", "timeout_ms", "max_concurrent"];
const OPTION_NAMES = new Set([...VERIFIER_OPTIONS, "verifier", "realm", "type_base"]);
const WITH_ADDRESS = new Set([...OPTION_NAMES, "ip"]);

/** The core of every adapter. Throws `TypeError` for options that cannot work. */
export function createProtection(options: KeywrightOptions): Protection {
	return protectionFrom(readNamed(options, "option", OPTION_NAMES));
}

/** The options of an adapter whose framework has no address: `ip` is a function or undefined. */
export function readOptions<Ip>(options: unknown): { readonly given: ReadonlyMap<string, unknown>; readonly ip: Ip | undefined } {
	const given = readNamed(options, "option", WITH_ADDRESS);
	return { given, ip: readFunction<Ip>(given, "ip") };
}

/** `createProtection` for options that were already read from their object. */
export function protectionFrom(given: ReadonlyMap<string, unknown>): OwnProtection {
	const custom = given.get("verifier");
	if (custom !== undefined && ONLY_OWN.some((name) => given.get(name) !== undefined)) {
		throw new TypeError("verifier: give url and credential, or a verifier, and not both");
	}
	const [realm, type_base] = [readText(given, "realm"), readText(given, "type_base")];
	const problem_options: ProblemOptions = { ...(realm === undefined ? {} : { realm }), ...(type_base === undefined ? {} : { type_base }) };
	const report = createReporter(readFunction<OnError>(given, "on_error"));
	const verifier = custom === undefined ? verifierFrom(given) : readVerifier(custom);
	const decided = new DecisionCache(custom === undefined ? verifierId(given) : randomUUID());
	return {
		decided,
		guard<Request>(rules: Rules<Request>): Decide<Request> {
			const readers = getReaders<Request>(rules);
			return async (request, headers, facts, url, carrier) => {
				const question = toQuestion(readers, report, request, headers, facts, url);
				if ("allowed" in question) return getOutcome(question, problem_options);
				const ask = (): Promise<Decision> => getDecision(verifier, question, report);
				return getOutcome(await (carrier ? decided.once(carrier, question, ask) : ask()), problem_options);
			};
		},
		close: () => (custom === undefined ? verifier.close() : undefined),
	};
}

/** Identifies the Keywright and the service without exposing the credential. */
function verifierId(given: ReadonlyMap<string, unknown>): string {
	return createHash("sha256")
		.update(`${given.get("url")} ${given.get("credential")}`)
		.digest("base64url");
}

function getOutcome(decision: Decision, problem_options: ProblemOptions): Outcome {
	return decision.allowed === true ? { admission: decision, headers: getHeaders(decision) } : { problem: getProblem(decision, problem_options) };
}
