import type { Clock } from "../core/clock.ts";
import type { HeaderFilter } from "../core/secret-text.ts";
import { DAY_MS } from "../core/time.ts";

/** Origins that are counted separately, since anyone can invent some. Further ones are counted as `other`. */
export const ORIGINS_MAX = 100;
const ORIGIN_CHARACTERS_MAX = 255;
/** An origin that was not seen for this long is evicted if another one needs its entry. */
const SEEN_WITHIN_MS = DAY_MS;
/** `null`, which sandboxed pages and files send, or scheme, host and port (RFC 6454, section 7). */
const ORIGIN = /^(?:null|[a-z][a-z0-9+.-]*:\/\/[a-z0-9.:[\]-]+)$/;

export const OTHER_ORIGIN = "other";

/** The head of a request, as far as it says whether the request is a CORS preflight. */
export interface PreflightHead {
	readonly method?: string | undefined;
	readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/**
 * Counts CORS preflights by `Origin`. They carry no key, so that they mark none, but they say which web pages are about to send one. A proxy
 * names the method of the original request in X-Forwarded-Method.
 */
export class Preflights {
	readonly #clock: Clock;
	readonly #filterHeader: HeaderFilter;
	readonly #origins = new Map<string, { requests: number; last_ms: number }>();
	#others = 0;

	constructor(options: { clock: Clock; filterHeader: HeaderFilter }) {
		this.#clock = options.clock;
		this.#filterHeader = options.filterHeader;
	}

	/** Counts the request if it is a preflight (Fetch, section 3.2.2). Cheap for all others. */
	count({ method, headers }: PreflightHead): void {
		if (method !== "OPTIONS" && headers["x-forwarded-method"] !== "OPTIONS") return;
		const { origin } = headers;
		if (typeof origin !== "string" || headers["access-control-request-method"] === undefined) return;
		const now = this.#clock.monotonic();
		const counted = this.#getCounter(origin.toLowerCase(), now);
		if (counted === null) this.#others += 1;
		else {
			counted.requests += 1;
			counted.last_ms = now;
		}
	}

	/** Requests by origin; `other` comes last and is always there. */
	read(): [origin: string, requests: number][] {
		return [...Array.from(this.#origins, ([origin, { requests }]): [string, number] => [origin, requests]), [OTHER_ORIGIN, this.#others]];
	}

	#getCounter(origin: string, now: number): { requests: number; last_ms: number } | null {
		const known = this.#origins.get(origin);
		if (known !== undefined) return known;
		if (origin.length > ORIGIN_CHARACTERS_MAX || !ORIGIN.test(origin) || this.#filterHeader("Origin", origin) === null) return null;
		if (this.#origins.size >= ORIGINS_MAX) this.#evictIdle(now);
		if (this.#origins.size >= ORIGINS_MAX) return null;
		const added = { requests: 0, last_ms: now };
		this.#origins.set(origin, added);
		return added;
	}

	#evictIdle(now: number): void {
		for (const [origin, { last_ms }] of this.#origins) if (now - last_ms > SEEN_WITHIN_MS) this.#origins.delete(origin);
	}
}
