import { createHash } from "node:crypto";
import type { Reason } from "../src/report.ts";
import { denied, type Peer, RAW_KEY, sends } from "./peer.ts";

/** A request to a host. Headers are name-value pairs, so that a name can be repeated. */
interface Sent {
	readonly method?: string;
	readonly path?: string;
	readonly lines: readonly (readonly [string, string])[];
	readonly body?: string;
}

/** The expected response: the code of a refusal, or the handler's body. */
interface Wanted {
	readonly status: number;
	readonly code?: string;
	readonly detail?: string;
	readonly type?: string;
	readonly json?: unknown;
	/** null: the header must be absent. */
	readonly headers?: Readonly<Record<string, string | null>>;
	/** Whether the response closes the connection, on hosts that do so themselves. */
	readonly closes?: boolean;
}

export interface Step {
	/** Keywright's answer; an admission by default. */
	readonly keywright?: Peer["respond"];
	readonly send: Sent;
	readonly want: Wanted;
	/** The one question that Keywright must receive; true: any one, false: none, null: any number. True by default. */
	readonly asked?: boolean | null | Readonly<Record<string, unknown>>;
	/** What the handler must record; nothing by default. */
	readonly handled?: readonly unknown[];
	readonly reasons?: readonly Reason[];
	/** Only for hosts that see raw header lines. */
	readonly needs_lines?: true;
	/** Only for hosts that see the raw path. */
	readonly needs_path?: true;
	/** Some frameworks do not route it to the guard, but refuse it themselves or redirect. */
	readonly unrouted?: true;
	/** Servers may refuse it before the guard. */
	readonly flood?: true;
}

type Lines = Sent["lines"];

export const KEY_LINE = ["X-API-Key", RAW_KEY] as const;
/** What a guard passes on about the caller. */
export const ABOUT_LINES: Lines = [
	["User-Agent", "bot/1"],
	["X-Keywright-Client", "orders-1"],
	["Origin", "https://shop.example"],
	["Sec-Fetch-Site", "cross-site"],
];
export const JSON_LINE = ["Content-Type", "application/json"] as const;
export const ORDERS = "/tenants/acme/orders?page=2";
export const EXPORTS = "/tenants/acme/sites/north/exports";
export const LIMIT_HEADERS = { ratelimit: '"burst";r=50;t=30', "ratelimit-policy": '"burst";q=100;w=60', "cache-control": "no-store" };
export const LONG = "x".repeat(4000);
export const ITEM = "ä\u{1f511} ".repeat(500_000);
export const ITEM_SHA256 = createHash("sha256").update(ITEM).digest("hex");
const FLOOD_LINES = 150;
const UNAVAILABLE = { status: 503, code: "unavailable", detail: "API keys cannot be checked at the moment. Try again shortly." };
const UNREADABLE = {
	status: 500,
	code: "internal_error",
	detail: "This API cannot tell what the request needs. Send the request id to its operator.",
};
export const TWO_KEYS = { status: 400, code: "multiple_credentials", detail: "The request has more than one X-API-Key. Send exactly one." };
export const BESIDE = { status: 400, code: "multiple_credentials", detail: "The request has both X-API-Key and Authorization. Send only X-API-Key." };
export const MISSING = { status: 401, code: "key_missing", detail: "Send the API key in the X-API-Key header." };
const FLOODED = { status: 431, code: "headers_too_large", detail: "The request has more than 100 header lines. Send fewer." };

export const get = (lines: Lines, path = ORDERS): Sent => ({ path, lines });

export function refuses(status: number, code: string, more: Record<string, unknown> = {}, want: Partial<Wanted> = {}): Step {
	return { keywright: sends(denied(status, code, more)), send: get([KEY_LINE]), want: { status, code, detail: `Refused as ${code}.`, ...want } };
}

export function local(send: Sent, want: Wanted): Step {
	return { send, want, asked: false };
}

export function fails(reason: Reason, keywright: Peer["respond"]): Step {
	// An idle connection may have to be replaced; Keywright then receives the question twice.
	return { keywright, send: get([KEY_LINE]), want: { ...UNAVAILABLE, headers: { "retry-after": "1" } }, reasons: [reason], asked: null };
}

export function unusable(send: Sent): Step {
	return { ...local(send, UNREADABLE), reasons: ["misconfigured"] };
}

export function flood(name: (index: number) => string): Step {
	const lines = Array.from({ length: FLOOD_LINES }, (_, index) => [name(index), "x"] as const);
	return { ...local(get([KEY_LINE, ...lines]), FLOODED), flood: true };
}
