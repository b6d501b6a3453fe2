import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { Webhook as Signer } from "standardwebhooks";
import { deriveKey, type Peppers } from "../core/pepper.ts";

const PREFIX = "whsec_";
const SECRET_BYTES = 32;
const CIPHER = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** The keys that encrypt secrets of webhooks at rest, derived from the peppers; new secrets use the current one. */
export interface WebhookKeys {
	readonly current: { readonly id: string; readonly key: Buffer };
	readonly byId: ReadonlyMap<string, Buffer>;
}

/** The webhook that a secret belongs to: encrypted bytes of another row do not decrypt. */
export interface SecretOwner {
	readonly tenant_id: string;
	readonly id: string;
}

export function webhookKeysFrom(peppers: Peppers): WebhookKeys {
	const byId = new Map([...peppers.byId.values()].map((pepper) => [pepper.id, deriveKey(pepper, "webhook secret")]));
	return { current: { id: peppers.current.id, key: deriveKey(peppers.current, "webhook secret") }, byId };
}

/** A new secret as Standard Webhooks writes it: `whsec_` and 32 random bytes in base64. Shown once. */
export function newSecret(): string {
	return PREFIX + randomBytes(SECRET_BYTES).toString("base64");
}

function ownerText({ tenant_id, id }: SecretOwner): Buffer {
	return Buffer.from(JSON.stringify([tenant_id, id]), "utf8");
}

/** Encrypts a secret with the key of the current pepper (AES-256-GCM): nonce, ciphertext, tag. */
export function sealSecret({ current }: WebhookKeys, owner: SecretOwner, secret: string): Buffer {
	const nonce = randomBytes(NONCE_BYTES);
	const cipher = createCipheriv(CIPHER, current.key, nonce).setAAD(ownerText(owner));
	return Buffer.concat([nonce, cipher.update(secret, "utf8"), cipher.final(), cipher.getAuthTag()]);
}

/** Decrypts what `sealSecret` made. Throws when the pepper is not configured, or the row was altered. */
export function openSecret(keys: WebhookKeys, owner: SecretOwner, pepper_id: string, sealed: Buffer): string {
	const key = keys.byId.get(pepper_id);
	if (key === undefined) throw new Error("the pepper of a webhook's secret is not configured");
	const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, NONCE_BYTES)).setAAD(ownerText(owner));
	decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
	return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString("utf8");
}

export interface SignedMessage {
	readonly headers: Readonly<Record<string, string>>;
	readonly body: string;
}

/** The headers of Standard Webhooks 1.0, with one signature by each secret, and the body that they sign. */
export function signMessage(secrets: readonly string[], message: { id: string; at: Date; body: string }): SignedMessage {
	const { id, at, body } = message;
	return {
		headers: {
			"content-type": "application/json",
			"user-agent": "Keywright-Webhooks/1",
			"webhook-id": id,
			"webhook-timestamp": String(Math.floor(at.getTime() / 1_000)),
			"webhook-signature": secrets.map((secret) => new Signer(secret).sign(id, at, body)).join(" "),
		},
		body,
	};
}
