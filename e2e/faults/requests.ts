/** The requests that the scenarios send. */
import type { Request } from "./wire.ts";

export interface SomeKey {
	readonly id: string;
	readonly tenant_id: string;
	readonly raw_key: string;
}

/** A request with the operator token, to the operator or management API. */
export function managed(token: string, method: string, path: string, body?: unknown): Request {
	return { method, path: `/api/v1${path}`, headers: { authorization: `Bearer ${token}` }, ...(body === undefined ? {} : { body }) };
}

/** A keyed request. `whoami` is answered from memory and needs no permission. */
export function keyed(raw_key: string, path = "/whoami"): Request {
	return { method: "GET", path: `/api/v1/m2m${path}`, headers: { "x-api-key": raw_key } };
}

export function buildChange(token: string, key: Pick<SomeKey, "id" | "tenant_id">, action: "pause" | "resume" | "revoke"): Request {
	const path = `/tenants/${key.tenant_id}/api-keys/${key.id}/${action}`;
	return managed(token, "POST", path, action === "revoke" ? { reason: "other" } : undefined);
}

export function buildCreation(token: string, tenant_id: string, name: string): Request {
	return managed(token, "POST", `/tenants/${tenant_id}/api-keys`, { name, environment: "dev", owner: "Olivia Owner" });
}

/** Without `overlap_seconds` the old secret works until ending it is safe. */
export function buildRotation(token: string, key: Pick<SomeKey, "id" | "tenant_id">, overlap_seconds: number | null): Request {
	const path = `/tenants/${key.tenant_id}/api-keys/${key.id}/rotate`;
	return managed(token, "POST", path, overlap_seconds === null ? {} : { overlap_seconds });
}

/** Forced, even if the old secret is still used or the new one already is. */
export function buildEnding(token: string, key: Pick<SomeKey, "id" | "tenant_id">, rotation_id: string, action: "complete" | "cancel"): Request {
	const path = `/tenants/${key.tenant_id}/api-keys/${key.id}/rotations/${rotation_id}/${action}`;
	return managed(token, "POST", path, action === "complete" ? { force: true, reason: "the faults say so" } : { force: true });
}
