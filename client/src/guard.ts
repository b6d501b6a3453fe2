import { readFunction, readNamed } from "./plain.ts";
import { createReporter, KeywrightError, type OnError } from "./report.ts";
import { type HeaderLines, takeKey } from "./request/take-key.ts";
import { type ParsedTarget, parseTarget } from "./request/target.ts";
import { type Reader, RULE_NAMES, type Rules, readersFrom, silence } from "./rules.ts";
import { type Decision, type Denial, deny, readDecision } from "./verifier/decision.ts";
import { type Question, type RequestFacts, readVerifier, unavailable, type Verifier } from "./verifier/verifier.ts";

export interface GuardOptions<Request> extends Rules<Request> {
	readonly verifier: Verifier;
	/** Called when a rule returns no usable value. */
	readonly on_error?: OnError | undefined;
}

export interface Guard<Request> {
	/**
	 * Reads the key from the headers and verifies it. `request` is passed to the rules. If `facts` is a function and throws, the request is
	 * refused. `url` is the raw target with its query, `facts.path` without it. Never rejects.
	 */
	decide(request: Request, headers: HeaderLines, facts: RequestFacts | (() => RequestFacts), url?: string): Promise<Decision>;
}

const OPTION_NAMES: ReadonlySet<string> = new Set([...RULE_NAMES, "verifier", "on_error"]);
const PATH_CHARACTERS_MAX = 2048;

/** The guard of one route. Throws `TypeError` for a misspelt rule or one that can never be valid: ignoring it would open the route. */
export function createGuard<Request>(options: GuardOptions<Request>): Guard<Request> {
	const given = readNamed(options, "option or rule", OPTION_NAMES);
	const rules = new Map([...given].filter(([name]) => RULE_NAMES.has(name)));
	const verifier = readVerifier(given.get("verifier"));
	const report = createReporter(readFunction<OnError>(given, "on_error"));
	const readers = readersFrom<Request>(rules);
	return {
		async decide(request, headers, facts, url) {
			const question = toQuestion(readers, report, request, headers, facts, url);
			return "allowed" in question ? question : await getDecision(verifier, question, report);
		},
	};
}

/** Builds the question of a request, or a refusal that needs no question. Never throws. */
export function toQuestion<Request>(
	readers: readonly Reader<Request>[],
	report: (error: KeywrightError) => void,
	request: Request,
	headers: HeaderLines,
	facts: RequestFacts | (() => RequestFacts),
	url: string | undefined,
): Question | Denial {
	let target: ParsedTarget | null = null;
	try {
		const taken = takeKey(headers);
		if ("allowed" in taken) return taken;
		const known = gatherFacts(facts);
		const parsed = parseTarget(url ?? known.path ?? "/");
		if (parsed === null) return deny("ambiguous_path", "Send the path without `..`, `//`, backslashes, needless percent-encoding and a host.");
		target = parsed;
		const path = known.path === undefined ? {} : { path: known.path.slice(0, PATH_CHARACTERS_MAX) };
		return Object.assign({ raw_key: taken.raw_key, request: { ...known, ...path } }, ...readers.map((read) => read(request, parsed)));
	} catch (error) {
		if (!(error instanceof KeywrightError)) return unavailable();
		// Most frameworks return a list for a repeated query field, so this can be the caller's mistake.
		if (target?.repeats()) return deny("invalid_request", "A field of the query was sent more than once. Send it once.");
		report(error);
		return deny("internal_error", "This API cannot tell what the request needs. Send the request id to its operator.");
	}
}

/** Asks the verifier. Anything but a complete decision becomes 503 `unavailable`. */
export async function getDecision(verifier: Verifier, question: Question, report: (error: KeywrightError) => void): Promise<Decision> {
	try {
		const decision = readDecision(await verifier.verify(question));
		if (decision) return decision;
		report(new KeywrightError("answer_malformed", "The verifier gave something that is no decision"));
	} catch {
		report(new KeywrightError("answer_malformed", "The verifier failed"));
	}
	return unavailable();
}

function gatherFacts(facts: RequestFacts | (() => RequestFacts)): RequestFacts {
	if (typeof facts !== "function") return facts;
	let known: unknown;
	try {
		known = facts();
		if (isFacts(known)) return known;
	} catch {
		// Reported below.
	}
	silence(known);
	throw new KeywrightError("misconfigured", "The address of the caller could not be read from a request");
}

/** Guarantee: adapters create these objects. */
function isFacts(value: unknown): value is RequestFacts {
	return typeof value === "object" && value !== null;
}
