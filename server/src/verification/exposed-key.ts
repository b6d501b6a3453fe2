import type { IncomingHttpHeaders } from "node:http";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { type Address, type AllowList, getFailureBucket } from "../core/network.ts";
import type { SecretTest } from "../core/secret-text.ts";
import type { ExposureRecorder } from "../exposure/recorder.ts";
import type { FramedRequest } from "../http/framed-request.ts";
import { getClientAddress } from "../http/peer.ts";
import { parseRawKey } from "../keys/secrets/format.ts";
import { type Source, UNKNOWN_SOURCE } from "../usage/sources/source.ts";
import type { AddressFailures } from "./address-failures.ts";
import type { ClientKind } from "./client-kind.ts";
import { type FoundKey, KeyFinder } from "./find-keys.ts";
import { exposedClient, type Grant } from "./grants/grant.ts";
import { Shares } from "./limits/shares.ts";
import type { Verifier } from "./verifier.ts";

const NOTED_EVERY_MS = 60_000;
/** Keys that wait for their proof. Further ones are not looked up. */
const WAITING_MAX = 100;
/** Of these from one address, so that one address cannot displace what others report. */
const WAITING_PER_ADDRESS_MAX = 10;
/**
 * Any web page can make browsers send keys that it invented. These are not counted against the address of the browser, so the proofs of all pages
 * together are bounded here, and those of one site or address, so that a hostile page cannot hide what another page exposes.
 */
const CROSS_SITE_PER_MINUTE = { of_all: 240, of_each: 20 };
const CROSS_SITE_WAITING_MAX = 50;
/** Pages that hide where they are, by a referrer policy or a sandbox, share one name. */
const HIDDEN_SITE = "hidden";
const CROSS_SITE = "cross-site ";

/** Headers of proxies that contain the original URI. */
const ORIGINAL_URIS = ["x-forwarded-uri", "x-original-uri", "x-original-url", "x-rewrite-url"] as const;

/** Who sent the key. */
export interface FoundAt {
	readonly source: Source;
	readonly address: Address | null;
	readonly request_id: string | null;
	/** The site of the page for which a browser sent it; null unless that is another site than the server's. */
	readonly page_site: string | null;
}

export interface ExposedKeysOptions {
	readonly verifier: Pick<Verifier, "examine" | "brand" | "sources">;
	readonly recorder: Pick<ExposureRecorder, "add" | "addCanary">;
	readonly failures: Pick<AddressFailures, "refuse" | "laneOf">;
	readonly trusted_proxies: AllowList | null;
	readonly clock: Clock;
	readonly log: Log;
}

/**
 * Finds raw keys in URLs, cookies, `Authorization` and bodies. One becomes a fact of its key only once the whole secret is proven, since a kid
 * is public. The proof runs after the response, so that the response tells nothing.
 */
export class ExposedKeys {
	readonly #options: ExposedKeysOptions;
	readonly #finder: KeyFinder;
	readonly #waiting: { readonly found: FoundKey; readonly at: FoundAt; readonly bucket: string }[] = [];
	readonly #crossSite = new Shares(CROSS_SITE_PER_MINUTE);
	#proving: Promise<void> | null = null;

	constructor(options: ExposedKeysOptions) {
		this.#options = options;
		this.#finder = new KeyFinder(options.verifier.brand);
	}

	/** Reports every key in the head of a request, refused by its framing or not. Cheap for requests that are not and hold none. */
	searchHead(raw: FramedRequest, is_refused: boolean): void {
		if (is_refused || this.#mayHoldKey(raw)) this.#report(raw, this.findIn(raw));
	}

	/** Finds all raw keys in the URI, the cookies and `Authorization`. */
	findIn(raw: FramedRequest): FoundKey[] {
		const { headers } = raw;
		const uris = ORIGINAL_URIS.flatMap((name) => headers[name] ?? "");
		return [
			...[raw.url ?? "", ...uris].flatMap((uri) => this.#finder.find("url", uri)),
			...this.#finder.find("cookie", headers.cookie ?? ""),
			// Node.js drops repeated Authorization headers from `headers`.
			...getValues(raw, "authorization").flatMap((value) => this.#finder.find("authorization", value)),
		];
	}

	/** The same test for texts of one request, which also reports the raw key of a text that must not be stored. */
	reporting(holds_secret: SecretTest): (raw: FramedRequest) => SecretTest {
		return (raw) => (text) => {
			const holds = holds_secret(text);
			if (holds) this.#report(raw, this.#finder.find("body", text));
			return holds;
		};
	}

	/** Proves the key later, and records and logs it if its secret is right. Counts it as a wrong key of its address if not, unless a page of another site made it. */
	report(found: FoundKey, at: FoundAt): void {
		const { verifier, failures } = this.#options;
		if (this.#waiting.length >= WAITING_MAX || parseRawKey(verifier.brand, found.raw_key) === null) return;
		const { address, page_site } = at;
		const sender = address === null ? "" : getFailureBucket(address);
		const bucket = page_site === null ? sender : `${CROSS_SITE}${page_site}`;
		if (this.#waiting.filter((waiting) => waiting.bucket === bucket).length >= WAITING_PER_ADDRESS_MAX) return;
		if (page_site === null ? failures.laneOf(address) === "slow" : !this.#takeCrossSite(bucket, sender)) return;
		this.#waiting.push({ found, at, bucket });
		this.#proving ??= this.#proveAll().finally(() => {
			this.#proving = null;
		});
	}

	#takeCrossSite(bucket: string, sender: string): boolean {
		if (this.#waiting.filter((waiting) => waiting.at.page_site !== null).length >= CROSS_SITE_WAITING_MAX) return false;
		return this.#crossSite.take(this.#options.clock.monotonic(), [bucket, sender]);
	}

	#mayHoldKey({ url, headers, authorization }: FramedRequest): boolean {
		if (url !== undefined && this.#finder.mayHoldKey("url", url)) return true;
		if (headers.cookie !== undefined && this.#finder.mayHoldKey("cookie", headers.cookie)) return true;
		if (authorization !== null && this.#finder.mayHoldKey("authorization", authorization)) return true;
		for (const name of ORIGINAL_URIS) {
			const uri = headers[name];
			if (typeof uri === "string" && this.#finder.mayHoldKey("url", uri)) return true;
		}
		return false;
	}

	#report(raw: FramedRequest, keys: readonly FoundKey[]): void {
		if (keys.length === 0) return;
		const { verifier, trusted_proxies } = this.#options;
		const address = getClientAddress(raw, trusted_proxies);
		const user_agent = raw.headers["user-agent"] ?? null;
		const source = verifier.sources.of(raw.socket, address, user_agent, raw.client_name);
		const page_site = getPageSite(raw.headers);
		for (const found of keys) this.report(found, { source, address, request_id: raw.request_id, page_site });
	}

	async #proveAll(): Promise<void> {
		const { log } = this.#options;
		for (;;) {
			// Lets the response of the request that reported the key go first.
			await new Promise((resolve) => setImmediate(resolve));
			const next = this.#waiting.shift();
			if (next === undefined) return;
			await this.#prove(next.found, next.at).catch((error: unknown) => log.warn({ err: error }, "exposure_not_proven"));
		}
	}

	async #prove({ place, raw_key }: FoundKey, { source, address, request_id, page_site }: FoundAt): Promise<void> {
		const { verifier, recorder, failures, log } = this.#options;
		if (page_site === null && failures.laneOf(address) === "slow") return;
		const nothing = {
			tenant_id: null,
			site_id: null,
			capability: null,
			permissions: [],
			cost: 1,
			limits: null,
			budgets: null,
			plain_http: false,
		} as const;
		const { grant, denial, canary } = await verifier.examine({
			...nothing,
			request_id: null,
			raw_key,
			source,
			address,
			client: "server",
			operation: "exposure",
		});
		if (denial?.code === "key_invalid" && page_site === null) failures.refuse(address, denial);
		if (canary) recorder.addCanary(canary, source);
		if (grant === null) return;
		recorder.add(grant.kid, place, source === UNKNOWN_SOURCE ? null : source);
		log.warn({ place, kid: grant.kid, key_id: grant.key_id, tenant_id: grant.tenant.id, request_id }, "key_exposed");
	}
}

/**
 * The site of the page of another site that made a browser send the request, null for other requests. Two labels of the host name: a site has as many
 * subdomains as it likes. Under a public suffix of two labels all sites share one name.
 */
export function getPageSite(headers: IncomingHttpHeaders): string | null {
	if (headers["sec-fetch-site"] !== "cross-site") return null;
	const page = URL.parse(headers.origin ?? headers.referer ?? "");
	if (page === null || page.hostname === "") return HIDDEN_SITE;
	return /^[\d.]+$|:/.test(page.hostname) ? page.hostname : page.hostname.split(".").slice(-2).join(".");
}

function getValues({ rawHeaders }: FramedRequest, name: string): string[] {
	return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
}

/** Logs that a key is used from a browser or an app, where it is exposed; at most once a minute per key. */
export function logExposure(log: Log, grant: Grant, client: ClientKind, monotonic: number): void {
	const kind = exposedClient(grant, client);
	if (kind === null || monotonic - grant.browser_seen_ms < NOTED_EVERY_MS) return;
	grant.browser_seen_ms = monotonic;
	log.warn({ key_id: grant.key_id, tenant_id: grant.tenant.id, client: kind }, "key_used_from_client");
}
