import { type Decision, type Denial, deny, parseDecision } from "./decision.ts";
import { closeLine, exchange, openLine } from "./exchange.ts";
import { readFunction, readNamed } from "./plain.ts";
import { createReporter, KeywrightError, type OnError } from "./report.ts";

const VERIFY_PATH = "/api/v1/verify";
const CREDENTIAL = /^kws_[\x21-\x7e]{1,252}$/;
export const VERIFIER_OPTIONS: ReadonlySet<string> = new Set(["url", "credential", "timeout_ms", "max_concurrent", "on_error"]);
const TIMEOUT_MS = 2000;
const TIMEOUT_MS_MAX = 60_000;
const CONCURRENT = 64;
const CONCURRENT_MAX = 4096;
/** How many questions may wait for each connection; beyond that the answer is 503 at once. */
const WAITING_PER_CONNECTION = 32;
const RETRY_AFTER_SECONDS = 1;

/** Facts of the request that the key came with; addresses are judged by Keywright, the rest makes failures explainable. */
export interface RequestFacts {
	readonly method?: string;
	/** Without the query, which may hold secrets. */
	readonly path?: string;
	readonly ip?: string;
	readonly user_agent?: string;
	/** `X-Keywright-Client` as it came: which of several programs the caller is. */
	readonly client?: string;
	readonly origin?: string;
	readonly sec_fetch_site?: string;
}

/** What a request spends of one limit of the tenant's plan; a name that the plan has not is no limit. */
export interface NamedCost {
	readonly name: string;
	readonly cost: number;
}

/** The body of `POST /api/v1/verify`: may this raw key do this, here, now? `cost` counts against the rate limits, 1 by default. */
export interface Question {
	readonly raw_key: string;
	readonly tenant_id?: string;
	readonly site_id?: string;
	readonly permissions?: readonly string[];
	readonly capability?: string;
	readonly cost?: number;
	readonly limits?: readonly NamedCost[];
	readonly request?: RequestFacts;
}

export interface Verifier {
	/** Never rejects: where no decision can be had the answer is a denial, 503 `unavailable`. */
	verify(question: Question): Promise<Decision>;
	/** Closes the connections; questions on their way are answered with 503. */
	close(): void;
}

export interface VerifierOptions {
	/** Where Keywright answers, such as `http://127.0.0.1:8787`. */
	readonly url: string;
	/** The service credential, `kws_…`. */
	readonly credential: string;
	/** For one question as a whole, 2000 by default. */
	readonly timeout_ms?: number;
	/** How many connections are opened at most, 64 by default. */
	readonly max_concurrent?: number;
	/** Learns why a question had no decision; without it, a process warning at most once a minute. */
	readonly on_error?: OnError;
}

/** Asks a Keywright over HTTP. Throws `TypeError` for options that cannot work; its text never holds the credential. */
export function createVerifier(options: VerifierOptions): Verifier {
	return verifierFrom(readNamed(options, "option", VERIFIER_OPTIONS));
}

/** The same for options that have been read from their object; may hold others besides. */
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
				report(error instanceof KeywrightError ? error : new KeywrightError("question_refused", "The question cannot be sent"));
				return unavailable();
			}
		},
		close() {
			closed = true;
			closeLine(line);
		},
	};
}

/** What is answered while no decision can be had: never open, and never 401, since the key may be right. */
export function unavailable(): Denial {
	return deny("unavailable", "API keys cannot be checked at the moment. Try again shortly.", { "Retry-After": String(RETRY_AFTER_SECONDS) });
}

/** A verifier that was handed in. Throws `TypeError` for anything that cannot be asked. */
export function readVerifier(value: unknown): Verifier {
	if (!isVerifier(value)) throw new TypeError("verifier: give what createVerifier made, or an object with verify(question) and close()");
	return value;
}

/** Guarantee: it can be asked; each of its answers is checked. */
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
