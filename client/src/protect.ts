import { createHash, randomUUID } from "node:crypto";
import { Decided } from "./decided.ts";
import type { Admission, Decision } from "./decision.ts";
import { answerOf, questionOf } from "./guard.ts";
import { readFunction, readNamed, readText } from "./plain.ts";
import { headersOf, type Problem, type ProblemOptions, problemOf } from "./problem.ts";
import { createReporter, type OnError } from "./report.ts";
import { type Rules, readersOf } from "./rules.ts";
import type { HeaderLines } from "./take-key.ts";
import { type RequestFacts, readVerifier, VERIFIER_OPTIONS, type Verifier, type VerifierOptions, verifierFrom } from "./verifier.ts";

/** For an app as a whole: where to ask, or a verifier that does, and how problems look. */
export type KeywrightOptions = ProblemOptions &
	((VerifierOptions & { readonly verifier?: never }) | { readonly verifier: Verifier; readonly on_error?: OnError });

/** What an adapter has to do: set the headers and go on with the admission, or send the problem. */
export type Outcome = { readonly admission: Admission; readonly headers: Readonly<Record<string, string>> } | { readonly problem: Problem };

/**
 * Decides about one request, given its header lines, its facts, and its target as it was sent, with its query. `carrier` is one object
 * for all guards of a request, such as Node's request: those that ask the same about it charge once.
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
	/** Closes the verifier, unless it was handed in. */
	close(): void;
}

/** What adapters need besides. */
export interface OwnProtection extends Protection {
	/** Decisions of requests on their way; of a verifier that was handed in none is handed on. */
	readonly decided: Decided;
}

const ONLY_OWN = ["url", "credential", "timeout_ms", "max_concurrent"];
const OPTION_NAMES = new Set([...VERIFIER_OPTIONS, "verifier", "realm", "type_base"]);
const WITH_ADDRESS = new Set([...OPTION_NAMES, "ip"]);

/** The core of every adapter. Throws `TypeError` for options that cannot work. */
export function createProtection(options: KeywrightOptions): Protection {
	return protectionFrom(readNamed(options, "option", OPTION_NAMES));
}

/** The options of an adapter whose framework tells no address: `ip` is a function, or undefined. */
export function readOptions<Ip>(options: unknown): { readonly given: ReadonlyMap<string, unknown>; readonly ip: Ip | undefined } {
	const given = readNamed(options, "option", WITH_ADDRESS);
	return { given, ip: readFunction<Ip>(given, "ip") };
}

/** The same as `createProtection` for options that have been read from their object. */
export function protectionFrom(given: ReadonlyMap<string, unknown>): OwnProtection {
	const handedIn = given.get("verifier");
	if (handedIn !== undefined && ONLY_OWN.some((name) => given.get(name) !== undefined)) {
		throw new TypeError("verifier: give url and credential, or a verifier, and not both");
	}
	const [realm, type_base] = [readText(given, "realm"), readText(given, "type_base")];
	const looks: ProblemOptions = { ...(realm === undefined ? {} : { realm }), ...(type_base === undefined ? {} : { type_base }) };
	const report = createReporter(readFunction<OnError>(given, "on_error"));
	const verifier = handedIn === undefined ? verifierFrom(given) : readVerifier(handedIn);
	const decided = new Decided(handedIn === undefined ? askedOf(given) : randomUUID());
	return {
		decided,
		guard<Request>(rules: Rules<Request>): Decide<Request> {
			const readers = readersOf<Request>(rules);
			return async (request, headers, facts, url, carrier) => {
				const question = questionOf(readers, report, request, headers, facts, url);
				if ("allowed" in question) return outcomeOf(question, looks);
				const ask = (): Promise<Decision> => answerOf(verifier, question, report);
				return outcomeOf(await (carrier ? decided.once(carrier, question, ask) : ask()), looks);
			};
		},
		close: () => (handedIn === undefined ? verifier.close() : undefined),
	};
}

/** Names the Keywright and the service without saying its credential. */
function askedOf(given: ReadonlyMap<string, unknown>): string {
	return createHash("sha256")
		.update(`${given.get("url")} ${given.get("credential")}`)
		.digest("base64url");
}

function outcomeOf(decision: Decision, looks: ProblemOptions): Outcome {
	return decision.allowed === true ? { admission: decision, headers: headersOf(decision) } : { problem: problemOf(decision, looks) };
}
