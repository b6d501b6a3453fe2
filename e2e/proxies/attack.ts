/** One way in which a caller may try to talk a proxy and Keywright around. */
export interface Attack {
	readonly name: string;
	readonly method?: string;
	readonly target: string;
	/** Header lines besides Host, the key, and `Connection: close`; one that names Host or Connection stands in place of these. */
	readonly lines?: readonly string[];
	readonly body?: string;
	/** Whose key it carries; null for none. The reader's when left out. */
	readonly key?: "reader" | "writer" | "stranger" | null;
	/** Whether the request is to reach the API, as the caller that it truly is. "either" where proxies differ: then it may only arrive as itself. */
	readonly outcome: "refused" | "admitted" | "either";
	/** What Keywright calls it, where every proxy asks Keywright. */
	readonly told?: readonly [status: number, code: string];
}

export const ORDERS = "/tenants/acme/orders";
/** A path that names a site, so that every identity header has a value. */
export const ITEMS = "/tenants/acme/sites/shop/items";
