import { readFunction, readNamed } from "../plain.ts";
import { createReporter, KeywrightError, type OnError } from "../report.ts";
import { type Decision, type Denial, deny, parseDecision } from "./decision.ts";
import { closeLine, exchange, openLine } from "./exchange.ts";

const VERIFY_PATH = "/api/v1/verify";
const CREDENTIAL = /^kws_[\x21-\x7e]{1,252}$/;
export const VERIFIER_OPTIONS: ReadonlySet<string> = new Set(["url", "credential", "timeout_ms", "max_concurrent", "on_error"]);
const TIMEOUT_MS = 2000;
const TIMEOUT_MS_MAX = 60_000;
const CONCURRENT = 64;
const CONCURRENT_MAX = 4096;
/** Maximum queued questions per connection; further ones get 503 at once. */
const WAITING_PER_CONNECTION = 32;
const RETRY_AFTER_SECONDS = 1;

/** Details of the request with the key. Keywright checks the address; the rest explains refusals. */
export interface RequestFacts {
	readonly method?: string;
	/** Without the query, which may contain secrets. */
	readonly path?: string;
	readonly ip?: string;
	readonly user_agent?: string;
	/** The value of `X-Keywright-Client`, which identifies the client instance. */
	readonly client?: string;
	readonly origin?: string;
	readonly sec_fetch_site?: string;
}

/** A request's cost against one named limit of the tenant's plan; a name that the plan does not have is ignored. */
export interface NamedCost {
	readonly name: string;
	readonly cost: number;
}

/**
 * The body of `POST /api/v1/verify`. `cost` counts against the rate limits, the quota and the budgets of the key, 1 by default; `budgets` is the
 * cost by the name of a budget, in place of `cost`.
 */
export interface Question {
	readonly raw_key: string;
	readonly tenant_id?: string;
	readonly site_id?: string;
	readonly permissions?: readonly string[];
	readonly capability?: string;
	readonly cost?: number;
	readonly limits?: readonly NamedCost[];
	readonly budgets?: Readonly<Record<string, number>>;
	readonly request?: RequestFacts;
}

export interface Verifier {
	/** Never rejects: without a decision it returns a denial, 503 `unavailable`. */
	verify(question: Question): Promise<Decision>;
	/** Closes the connections; running questions get 503. */
	close(): void;
}

export interface VerifierOptions {
	/** The address of Keywright, such as `http://127.0.0.1:8787`. */
	readonly url: string;
	/** The service credential, `kws_…`. */
	readonly credential: string;
	/** Time limit for a whole question, 2000 by default. */
	readonly timeout_ms?: number;
	/** Maximum number of connections, 64 by default. */
	readonly max_concurrent?: number;
	/** Called with the reason when a question has no decision. Default: a process warning at most once a minute. */
	readonly on_error?: OnError;
}

/** Creates a verifier that asks Keywright over HTTP. Throws `TypeError` for invalid options, without the credential in its message. */
export function createVerifier(options: VerifierOptions): Verifier {
	return verifierFrom(readNamed(options, "option", VERIFIER_OPTIONS));
}

/** The same for options that were already read from their object; ignores other options. */
export function verifierFrom(options: ReadonlyMap<string, unknown>): Verifier {
	const url = readUrl(options.get("url"));
	const credential = readCredential(options.get("credential"));
	const timeout_ms = readCount("timeout_ms", options.get("timeout_ms"), TIMEOUT_MS, TIMEOUT_MS_MAX);
	const max_concurrent = readCount("max_concurrent", options.get("max_concurrent"), CONCURRENT, CONCURRENT_MAX);
	const askedMax = max_concurrent * (1 + WAITING_PER_CONNECTION);
	const report = createReporter(readFunction<OnError>(options, "on_error"));
	const line = openLine(url, url.pathname.replace(/\/+$/, "") + VERIFY_PATH, credential, max_concurrent);
	let asked = 0;
	let closed = false;

	async function ask(question: Question): Promise<Decision> {
		if (closed) throw new KeywrightError("closed", "The verifier was closed");
		if (asked >= askedMax) throw new KeywrightError("overloaded", `${askedMax} questions are waiting for Keywright`);
		asked += 1;
		try {
			const decision = parseDecision(await exchange(line, JSON.stringify(question), timeout_ms));
			if (decision) return decision;
		} finally {
			asked -= 1;
		}
		throw new KeywrightError("answer_malformed", "Keywright's answer is no decision; is the url Keywright's?");
	}

	return {
		async verify(question) {
			try {
				return await ask(question);
			} catch (error) {
				report(
					error instanceof KeywrightError ? error : new KeywrightError("question_refused", "The question contains a value that JSON cannot express"),
				);
				return unavailable();
			}
		},
		close() {
			closed = true;
			closeLine(line);
		},
	};
}

/** The denial without a decision: never an admission, and never 401, since the key may be valid. */
export function unavailable(): Denial {
	return deny("unavailable", "API keys cannot be checked at the moment. Try again shortly.", { "Retry-After": String(RETRY_AFTER_SECONDS) });
}

/** Validates a verifier that the caller passed in. Throws `TypeError` for anything without `verify`. */
export function readVerifier(value: unknown): Verifier {
	if (!isVerifier(value)) throw new TypeError("verifier: give what createVerifier made, or an object with verify(question) and close()");
	return value;
}

/** Guarantee: it has `verify`; each of its results is validated. */
function isVerifier(value: unknown): value is Verifier {
	if (typeof value !== "object" || value === null) return false;
	try {
		return "verify" in value && typeof value.verify === "function" && "close" in value && typeof value.close === "function";
	} catch {
		return false;
	}
}

function readUrl(text: unknown): URL {
	const url = typeof text === "string" && URL.canParse(text) ? new URL(text) : null;
	if (!url || (url.protocol !== "http:" && url.protocol !== "https:")) throw new TypeError("url: give the http or https address of Keywright");
	if (url.username || url.password || url.search || url.hash) throw new TypeError("url: give the address alone, without a password or a query");
	return url;
}

function readCredential(value: unknown): string {
	if (typeof value !== "string" || !CREDENTIAL.test(value)) throw new TypeError("credential: give the service credential, which begins with kws_");
	return value;
}

function readCount(name: string, value: unknown, otherwise: number, max: number): number {
	if (value === undefined) return otherwise;
	if (typeof value !== "number" || !Number.isInteger(value) || value < 1 || value > max) {
		throw new TypeError(`${name}: give a whole number from 1 to ${max}`);
	}
	return value;
}
