/** An attempt of a caller to bypass a proxy and Keywright. */
export interface Attack {
	readonly name: string;
	readonly method?: string;
	readonly target: string;
	/** Header lines besides Host, the key, and `Connection: close`; a line with Host or Connection replaces the default one. */
	readonly lines?: readonly string[];
	readonly body?: string;
	/** The owner of the key; null for no key, by default the reader. */
	readonly key?: "reader" | "writer" | "stranger" | null;
	/** Whether the request must reach the API, under its actual identity. "either" if proxies differ: it may only arrive under that identity. */
	readonly outcome: "refused" | "admitted" | "either";
	/** Keywright's refusal, if every proxy forwards the request to Keywright. */
	readonly refusal?: readonly [status: number, code: string];
}

export const ORDERS = "/tenants/acme/orders";
/** A path with a site, so that every identity header has a value. */
export const ITEMS = "/tenants/acme/sites/shop/items";
