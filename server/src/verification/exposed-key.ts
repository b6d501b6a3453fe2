import type { Log } from "../core/log.ts";
import type { Address } from "../core/network.ts";
import type { SecretTest } from "../core/secret-text.ts";
import type { ExposureRecorder } from "../exposure/recorder.ts";
import type { FramedRequest } from "../http/framed-request.ts";
import type { ExposureKind } from "../keys/exposures/exposure.ts";
import { type Source, UNKNOWN_SOURCE } from "../usage/sources/source.ts";
import type { ClientKind } from "./client-kind.ts";
import { exposedClient, type Grant } from "./grants/grant.ts";
import type { Verifier } from "./verifier.ts";

const NOTED_EVERY_MS = 60_000;
/** Keys that wait for their proof. Further ones are not looked up. */
const WAITING_MAX = 100;

type Place = Extract<ExposureKind, "url" | "cookie" | "authorization" | "body">;

/** A text in the form of a raw key, in a place for which it is not meant. */
export interface FoundKey {
	readonly place: Place;
	readonly raw_key: string;
}

const PLACE_NAMES: Readonly<Record<Place, string>> = { url: "URL", cookie: "cookie", authorization: "Authorization header", body: "body" };

export function formatPlace({ place }: FoundKey): string {
	return PLACE_NAMES[place];
}

/** Who sent the key. */
export interface FoundAt {
	readonly source: Source;
	readonly address: Address | null;
	readonly request_id: string | null;
}

const UNKNOWN_SENDER: FoundAt = { source: UNKNOWN_SOURCE, address: null, request_id: null };

export interface ExposedKeysOptions {
	readonly verifier: Pick<Verifier, "examine" | "brand">;
	readonly recorder: Pick<ExposureRecorder, "add">;
	readonly log: Log;
}

/**
 * Finds raw keys in URLs, cookies, `Authorization` and bodies. One becomes a fact of its key only once the whole secret is proven, since a kid
 * is public. The proof runs after the response, so that the response tells nothing.
 */
export class ExposedKeys {
	readonly #options: ExposedKeysOptions;
	readonly #pattern: RegExp;
	/** Begins every raw key. */
	readonly #prefix: string;
	readonly #waiting: { readonly found: FoundKey; readonly at: FoundAt }[] = [];
	#proving: Promise<void> | null = null;

	constructor(options: ExposedKeysOptions) {
		this.#options = options;
		this.#prefix = `${options.verifier.brand}_`;
		this.#pattern = new RegExp(`${this.#prefix}(?:prod|staging|dev)_[0-9A-Za-z]{50}`);
	}

	/** Whether a URI can hold a raw key; cheap. */
	mayHoldKey(uri: string): boolean {
		return uri.includes(this.#prefix);
	}

	/** Finds a raw key in the URI, a cookie or `Authorization`; null when there is none. */
	findIn(raw: FramedRequest, uri: string): FoundKey | null {
		return this.#find("url", uri) ?? this.#find("cookie", raw.headers.cookie ?? "") ?? this.#find("authorization", raw.authorization ?? "");
	}

	/** The same test, which also reports the raw key of a text that must not be stored. */
	reporting(holds_secret: SecretTest): SecretTest {
		return (text) => {
			const holds = holds_secret(text);
			const found = holds ? this.#find("body", text) : null;
			if (found !== null) this.report(found, UNKNOWN_SENDER);
			return holds;
		};
	}

	/** Proves the key later, and records and logs it if its secret is right. */
	report(found: FoundKey, at: FoundAt): void {
		if (this.#waiting.length >= WAITING_MAX) return;
		this.#waiting.push({ found, at });
		this.#proving ??= this.#proveAll().finally(() => {
			this.#proving = null;
		});
	}

	#find(place: Place, text: string): FoundKey | null {
		if (!text.includes(this.#prefix)) return null;
		const raw_key = this.#pattern.exec(text)?.[0];
		return raw_key === undefined ? null : { place, raw_key };
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

	async #prove({ place, raw_key }: FoundKey, { source, address, request_id }: FoundAt): Promise<void> {
		const { verifier, recorder, log } = this.#options;
		const nothing = { tenant_id: null, site_id: null, capability: null, permissions: [], cost: 1, limits: null, plain_http: false } as const;
		const { grant } = await verifier.examine({ ...nothing, raw_key, source, address, client: "server", operation: "exposure" });
		if (grant === null) return;
		recorder.add(grant.kid, place, source === UNKNOWN_SOURCE ? null : source.id);
		log.warn({ place, kid: grant.kid, key_id: grant.key_id, tenant_id: grant.tenant.id, request_id }, "key_exposed");
	}
}

/** Logs that a key is used from a browser or an app, where it is exposed; at most once a minute per key. */
export function logExposure(log: Log, grant: Grant, client: ClientKind, monotonic: number): void {
	const kind = exposedClient(grant, client);
	if (kind === null || monotonic - grant.browser_seen_ms < NOTED_EVERY_MS) return;
	grant.browser_seen_ms = monotonic;
	log.warn({ key_id: grant.key_id, tenant_id: grant.tenant.id, client: kind }, "key_used_from_client");
}
