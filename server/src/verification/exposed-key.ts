import type { Log } from "../core/log.ts";
import type { FramedRequest } from "../http/framed-request.ts";
import type { ClientKind } from "./client-kind.ts";
import type { Grant } from "./grants/grant.ts";

const NOTED_EVERY_MS = 60_000;

export interface ExposedPlace {
	readonly name: "URL" | "cookie" | "Authorization header";
	/** The public id of the secret that was sent. */
	readonly kid: string;
}

/** Finds a raw key in the URL, a cookie or `Authorization`; null when there is none. */
export function rawKeyOutsideHeader(raw: FramedRequest, uri: string, brand: string): ExposedPlace | null {
	const places = [
		["URL", uri],
		["cookie", raw.headers.cookie ?? ""],
		["Authorization header", raw.authorization ?? ""],
	] as const;
	for (const [name, text] of places) {
		const found = new RegExp(`${brand}_(?:prod|staging|dev)_([0-9A-Za-z]{12})[0-9A-Za-z]{38}`).exec(text);
		if (found?.[1]) return { name, kid: found[1] };
	}
	return null;
}

/** Logs that a key is used from a browser or an app, where it is exposed; at most once a minute per key. */
export function logExposure(log: Log, grant: Grant, client: ClientKind, monotonic: number): void {
	if (monotonic - grant.browser_seen_ms < NOTED_EVERY_MS) return;
	grant.browser_seen_ms = monotonic;
	log.warn({ key_id: grant.key_id, tenant_id: grant.tenant.id, client }, "key_used_from_client");
}
