/** The requests that the scenarios send. */
import type { Request } from "./wire.ts";

export interface SomeKey {
	readonly id: string;
	readonly tenant_id: string;
	readonly raw_key: string;
}

/** With the operator token, on the operator's or a tenant's API. */
export function managed(token: string, method: string, path: string, body?: unknown): Request {
	return { method, path: `/api/v1${path}`, headers: { authorization: `Bearer ${token}` }, ...(body === undefined ? {} : { body }) };
}

/** As the key's machine. `whoami` is answered from memory and needs no permission. */
export function keyed(raw_key: string, path = "/whoami"): Request {
	return { method: "GET", path: `/api/v1/m2m${path}`, headers: { "x-api-key": raw_key } };
}

export function changeOf(token: string, key: Pick<SomeKey, "id" | "tenant_id">, action: "pause" | "resume" | "revoke"): Request {
	const path = `/tenants/${key.tenant_id}/api-keys/${key.id}/${action}`;
	return managed(token, "POST", path, action === "revoke" ? { reason: "other" } : undefined);
}

export function creationOf(token: string, tenant_id: string, name: string): Request {
	return managed(token, "POST", `/tenants/${tenant_id}/api-keys`, { name, environment: "dev", owner: "Olivia Owner" });
}

/** Without `overlap_seconds` the old secret is held until it is safe to end it. */
export function rotationOf(token: string, key: Pick<SomeKey, "id" | "tenant_id">, overlap_seconds: number | null): Request {
	const path = `/tenants/${key.tenant_id}/api-keys/${key.id}/rotate`;
	return managed(token, "POST", path, overlap_seconds === null ? {} : { overlap_seconds });
}

/** Forced, whoever still uses the old secret or the new one already. */
export function endingOf(token: string, key: Pick<SomeKey, "id" | "tenant_id">, rotation_id: string, action: "complete" | "cancel"): Request {
	const path = `/tenants/${key.tenant_id}/api-keys/${key.id}/rotations/${rotation_id}/${action}`;
	return managed(token, "POST", path, action === "complete" ? { force: true, reason: "the faults say so" } : { force: true });
}
