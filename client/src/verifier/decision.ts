import { randomUUID } from "node:crypto";
import { CODES, type Code } from "../codes.ts";

/** The key that was presented. `site_ids: null` means every site of the tenant; `expires_at` is RFC 3339, null if it never expires. */
export interface VerifiedKey {
	readonly id: string;
	readonly name: string;
	readonly environment: string;
	readonly permissions: readonly string[];
	readonly site_ids: readonly string[] | null;
	readonly expires_at: string | null;
}

/** The key's tenant. */
export interface VerifiedTenant {
	readonly id: string;
	readonly name: string;
}

/** One rate limit that applied: `remaining` of `requests` are left in `window_seconds`; the count resets after `reset_seconds`. */
export interface RateLimit {
	readonly name: string;
	readonly requests: number;
	readonly window_seconds: number;
	readonly remaining: number;
	readonly reset_seconds?: number;
}

interface Answer {
	/** The status to answer: 200 or that of the refusal. */
	readonly status: number;
	readonly code: string;
	/** What the caller should do. */
	readonly detail: string;
	/** Identifies this decision in Keywright's explainer. */
	readonly request_id: string;
	readonly rate_limits: readonly RateLimit[];
	/** Response headers: rate limits, and on refusals the challenge or the time to wait. */
	readonly headers: Readonly<Record<string, string>>;
}

export interface Admission extends Answer {
	readonly allowed: true;
	readonly key: VerifiedKey;
	readonly tenant: VerifiedTenant;
}

/** `key` and `tenant` are set only if the full secret was correct. */
export interface Denial extends Answer {
	readonly allowed: false;
	/** The documentation page of the code, if Keywright has one. */
	readonly type?: string;
	readonly key?: VerifiedKey;
	readonly tenant?: VerifiedTenant;
}

export type Decision = Admission | Denial;

const PASSED_HEADERS = ["RateLimit", "RateLimit-Policy", "Retry-After", "WWW-Authenticate"] as const;
const HEADER_VALUE = /^[\x20-\x7e]{1,1024}$/;
const CODE = /^[a-z][a-z0-9_]{0,63}$/;
const REQUEST_ID = /^[\x21-\x7e]{1,128}$/;
const RATE_LIMITS_MAX = 16;

/** A refusal without asking Keywright; its request id shows that. */
export function deny(code: Code, detail: string, headers: Record<string, string> = {}): Denial {
	const request_id = `req_local_${randomUUID().replaceAll("-", "")}`;
	return { allowed: false, status: CODES[code].status, code, detail, request_id, rate_limits: [], headers };
}

/** Parses a response of `POST /api/v1/verify`; null if it is not a decision. Drops unknown fields. */
export function parseDecision(text: string): Decision | null {
	return readDecision(parseJson(text));
}

/** The same for a value: a copy whose parts were each read once and validated, or null. */
export function readDecision(value: unknown): Decision | null {
	if (!isRecord(value)) return null;
	const { allowed, status, code, detail, request_id, type: page } = value;
	if (typeof status !== "number" || typeof code !== "string" || !CODE.test(code)) return null;
	if (typeof detail !== "string" || typeof request_id !== "string" || !REQUEST_ID.test(request_id)) return null;
	const key = readKey(value.key);
	const tenant = readTenant(value.tenant);
	const answer: Answer = { status, code, detail, request_id, rate_limits: readRateLimits(value.rate_limits), headers: readHeaders(value.headers) };
	if (allowed === true) return status === 200 && key && tenant ? { allowed, ...answer, key, tenant } : null;
	if (allowed !== false || !Number.isInteger(status) || status < 400 || status > 599) return null;
	const type = typeof page === "string" && HEADER_VALUE.test(page) ? { type: page } : {};
	return { allowed, ...answer, ...type, ...(key ? { key } : {}), ...(tenant ? { tenant } : {}) };
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): value is string[] {
	return Array.isArray(value) && value.every((entry) => typeof entry === "string");
}

/** Copies a list of strings, so that the validated values cannot change afterwards. */
function readTexts(value: unknown): string[] | null {
	const copy: unknown = Array.isArray(value) ? Array.from(value) : null;
	return isTexts(copy) ? copy : null;
}

function isCount(value: unknown): value is number {
	return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function readKey(value: unknown): VerifiedKey | null {
	if (!isRecord(value)) return null;
	const { id, name, environment, permissions, site_ids, expires_at } = value;
	if (typeof id !== "string" || typeof name !== "string" || typeof environment !== "string") return null;
	const [may, sites] = [readTexts(permissions), readTexts(site_ids)];
	if (may === null || (sites === null && site_ids !== null)) return null;
	if (expires_at !== null && typeof expires_at !== "string") return null;
	return { id, name, environment, permissions: may, site_ids: sites, expires_at };
}

function readTenant(value: unknown): VerifiedTenant | null {
	if (!isRecord(value)) return null;
	const { id, name } = value;
	return typeof id === "string" && typeof name === "string" ? { id, name } : null;
}

function readRateLimits(value: unknown): RateLimit[] {
	if (!Array.isArray(value)) return [];
	return value.slice(0, RATE_LIMITS_MAX).flatMap((entry: unknown) => {
		if (!isRecord(entry)) return [];
		const { name, requests, window_seconds, remaining, reset_seconds } = entry;
		if (typeof name !== "string" || !HEADER_VALUE.test(name)) return [];
		if (!isCount(requests) || !isCount(window_seconds) || !isCount(remaining)) return [];
		return [{ name, requests, window_seconds, remaining, ...(isCount(reset_seconds) ? { reset_seconds } : {}) }];
	});
}

/** Keeps only headers of a decision, with values that cannot end a header line. */
function readHeaders(value: unknown): Record<string, string> {
	if (!isRecord(value)) return {};
	const headers: Record<string, string> = {};
	for (const [name, text] of Object.entries(value)) {
		const passed = PASSED_HEADERS.find((known) => known.toLowerCase() === name.toLowerCase());
		if (passed && typeof text === "string" && HEADER_VALUE.test(text)) headers[passed] = text;
	}
	return headers;
}
