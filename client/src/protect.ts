import type { Admission, Decision } from "./decision.ts";
import { createGuard, type Rules } from "./guard.ts";
import { headersOf, type Problem, type ProblemOptions, problemOf } from "./problem.ts";
import type { OnError } from "./report.ts";
import type { HeaderLines } from "./take-key.ts";
import { createVerifier, type RequestFacts, type Verifier, type VerifierOptions } from "./verifier.ts";

/** For an app as a whole: where to ask, or a verifier that does, and how problems look. */
export type KeywrightOptions = ProblemOptions &
	((VerifierOptions & { readonly verifier?: never }) | { readonly verifier: Verifier; readonly on_error?: OnError });

/** What an adapter has to do: set the headers and go on with the admission, or send the problem. */
export type Outcome = { readonly admission: Admission; readonly headers: Readonly<Record<string, string>> } | { readonly problem: Problem };

export interface Protection {
	guard<Request>(rules: Rules<Request>): (request: Request, headers: HeaderLines, facts: RequestFacts | (() => RequestFacts)) => Promise<Outcome>;
	/** Closes the verifier, unless it was handed in. */
	close(): void;
}

/** The core of every adapter. */
export function createProtection(options: KeywrightOptions): Protection {
	const { on_error } = options;
	const verifier = options.verifier ?? createVerifier(options);
	return {
		guard<Request>(rules: Rules<Request>) {
			const guard = createGuard<Request>({ ...rules, verifier, on_error });
			return async (request: Request, headers: HeaderLines, facts: RequestFacts | (() => RequestFacts)) =>
				outcomeOf(await guard.decide(request, headers, facts), options);
		},
		close: () => (options.verifier ? undefined : verifier.close()),
	};
}

function outcomeOf(decision: Decision, options: ProblemOptions): Outcome {
	return decision.allowed ? { admission: decision, headers: headersOf(decision) } : { problem: problemOf(decision, options) };
}
