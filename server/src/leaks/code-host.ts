import { createPublicKey, type KeyObject, verify } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import { ApiError } from "../core/error.ts";
import { MINUTE_MS } from "../core/time.ts";
import type { Outgoing } from "../outbox/outgoing/outgoing.ts";

const PUBLIC_KEYS_MAX = 20;
/** Fetched keys are used for this long. A key that is not among them is looked for sooner. */
const FRESH_MS = 60 * MINUTE_MS;
/** Between two fetches, whatever identifiers callers invent. */
const FETCH_EVERY_MS = MINUTE_MS;
const IDENTIFIER = /^[0-9A-Za-z_-]{1,200}$/;
/** A DER signature of P-256 has at most 72 bytes. */
const SIGNATURE = /^[0-9A-Za-z+/]{1,120}={0,2}$/;

/** The public keys of the code host, as it publishes them, or the URL where it does. */
export type CodeHostSettings = { readonly keys: ReadonlyMap<string, KeyObject> } | { readonly url: string };

/** The headers of a signed report. */
export interface ReportSignature {
	readonly identifier: string;
	readonly signature: string;
}

function entriesOf(value: unknown): unknown[] {
	if (value === null || typeof value !== "object" || !("public_keys" in value) || !Array.isArray(value.public_keys)) return [];
	return value.public_keys.slice(0, PUBLIC_KEYS_MAX);
}

function keyOf(entry: unknown): [string, KeyObject] | null {
	if (entry === null || typeof entry !== "object" || !("key_identifier" in entry) || !("key" in entry)) return null;
	const { key_identifier, key: pem } = entry;
	if (typeof key_identifier !== "string" || typeof pem !== "string" || !IDENTIFIER.test(key_identifier)) return null;
	try {
		const key = createPublicKey(pem);
		return key.asymmetricKeyType === "ec" && key.asymmetricKeyDetails?.namedCurve === "prime256v1" ? [key_identifier, key] : null;
	} catch {
		return null;
	}
}

/** Parses `{"public_keys": [{"key_identifier", "key": "-----BEGIN PUBLIC KEY-----…"}]}`; null without any P-256 key. */
export function parsePublicKeys(text: string): ReadonlyMap<string, KeyObject> | null {
	try {
		const keys = entriesOf(JSON.parse(text)).flatMap((entry) => {
			const parsed = keyOf(entry);
			return parsed === null ? [] : [parsed];
		});
		return keys.length === 0 ? null : new Map(keys);
	} catch {
		return null;
	}
}

/** Checks the signatures of a code host: ECDSA with P-256 and SHA-256 over the bytes of the body, in base64. */
export class CodeHost {
	readonly #options: { readonly settings: CodeHostSettings | null; readonly outgoing: Pick<Outgoing, "get">; readonly clock: Clock };
	#fetched: ReadonlyMap<string, KeyObject> = new Map();
	#fetched_at: number | null = null;
	#tried_at: number | null = null;
	#fetching: Promise<void> | null = null;

	constructor(options: { settings: CodeHostSettings | null; outgoing: Pick<Outgoing, "get">; clock: Clock }) {
		this.#options = options;
	}

	/** Throws 401 `credential_invalid` for a signature that is missing or wrong; 503 `unavailable` if the public keys cannot be fetched. */
	async assertSigned(body: Buffer, by: ReportSignature | null): Promise<void> {
		const key = by !== null && IDENTIFIER.test(by.identifier) && SIGNATURE.test(by.signature) ? await this.#find(by.identifier) : undefined;
		const right = key !== undefined && by !== null && verify("sha256", body, { key, dsaEncoding: "der" }, Buffer.from(by.signature, "base64"));
		if (!right)
			throw new ApiError(
				"credential_invalid",
				"A report in the form of a code host needs its signature over the bytes of the body, by a public key that this server knows. Others send an object with `keys`.",
			);
	}

	async #find(identifier: string): Promise<KeyObject | undefined> {
		const { settings, clock } = this.#options;
		if (settings === null) return undefined;
		if ("keys" in settings) return settings.keys.get(identifier);
		const now = clock.monotonic();
		const stale = this.#fetched_at === null || now - this.#fetched_at > FRESH_MS;
		const may_fetch = this.#tried_at === null || now - this.#tried_at > FETCH_EVERY_MS;
		if ((stale || !this.#fetched.has(identifier)) && (may_fetch || this.#fetching !== null)) {
			this.#fetching ??= this.#fetch(settings.url).finally(() => {
				this.#fetching = null;
			});
			await this.#fetching;
		}
		// Keys that were fetched once are used on while the code host cannot be reached.
		if (this.#fetched_at === null)
			throw new ApiError("unavailable", "The public keys of the code host cannot be fetched. Send the report again.", { retry_after_seconds: 60 });
		return this.#fetched.get(identifier);
	}

	async #fetch(url: string): Promise<void> {
		const { outgoing, clock } = this.#options;
		this.#tried_at = clock.monotonic();
		const { error, body } = await outgoing.get(url, { accept: "application/json", "user-agent": "keywright" });
		const keys = error === null && body !== null ? parsePublicKeys(body) : null;
		if (keys === null) return;
		this.#fetched = keys;
		this.#fetched_at = clock.monotonic();
	}
}
