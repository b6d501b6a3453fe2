import type { InputError } from "../../core/error.ts";
import { ApiError } from "../../core/error.ts";
import type { Peppers } from "../../core/pepper.ts";
import type { Key } from "../key.ts";
import { type StoredMac, secretMatches } from "../secrets/mac.ts";

/** Live canary keys of a tenant. The plan does not count them, so they have a bound of their own. */
export const CANARIES_MAX = 100;

/** The secret of a canary key, as far as recognizing it needs it. Whether it still raises alerts is read when its use is written. */
export class Canary implements StoredMac {
	readonly tenant_id: string;
	readonly key_id: string;
	readonly kid: string;
	readonly mac: Buffer;
	readonly mac_version: number;
	readonly pepper_id: string;

	constructor(secret: { tenant_id: string; key_id: string; kid: string } & StoredMac) {
		this.tenant_id = secret.tenant_id;
		this.key_id = secret.key_id;
		this.kid = secret.kid;
		this.mac = secret.mac;
		this.mac_version = secret.mac_version;
		this.pepper_id = secret.pepper_id;
	}

	/** Whether the secret is this one. Computes one MAC and compares in constant time. `environment` is the one in the raw key. */
	matches(peppers: Peppers, environment: string, secret: string): boolean {
		return secretMatches(peppers, { key_id: this.key_id, kid: this.kid, tenant_id: this.tenant_id, environment }, secret, this);
	}
}

/** Errors of settings that a canary key cannot have. */
export function validateCanary(settings: Partial<Pick<Key, "rotate_every_days" | "auto_rotate">> & { canary: boolean }): InputError[] {
	const detail = "must be null or left out for a canary key, whose secret is not replaced";
	const wanted = (["rotate_every_days", "auto_rotate"] as const).filter((field) => settings.canary && (settings[field] ?? null) !== null);
	return wanted.map((field) => ({ pointer: `/${field}`, detail }));
}

/** Throws 409 `conflict` for a canary key: `action` would have no effect on it, or would make it known as one. */
export function assertNotCanary(key: Pick<Key, "canary">, action: "rotated" | "reissued" | "handed over" | "paused"): void {
	if (!key.canary) return;
	throw new ApiError(
		"conflict",
		`This is a canary key, which cannot be ${action}. Create another canary key, and revoke this one if it is not needed.`,
	);
}
