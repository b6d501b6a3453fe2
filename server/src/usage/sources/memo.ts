import { LRUCache } from "lru-cache";
import type { Address } from "../../core/network.ts";
import type { HeaderFilter } from "../../core/secret-text.ts";
import { parseProgram } from "./program.ts";
import { getSource, HIDDEN_NETWORK, makeSource, parseClient, type Source } from "./source.ts";

const SOURCES_MAX = 20_000;
/** Longer headers are truncated. */
const HEADER_CHARACTERS_MAX = 512;

/** Does not begin with a product, so that its program is `other`. */
const DROPPED_AGENT = "(dropped)";

/** The latest source of one connection and its inputs. */
interface Remembered {
	address: Address | null;
	user_agent: string | null;
	client: string | null;
	source: Source;
}

/** Stored on the connection itself: a map of all connections would cost each request a cache miss. */
const LATEST = Symbol("latest source");

interface Holder {
	[LATEST]?: Remembered;
}

/** Guarantee: the symbol is private to this module, so any object can have this property. */
function asHolder(connection: object): Holder {
	return connection;
}

/**
 * Caches the latest source per connection, whose requests mostly come from one program, so that repeated requests neither parse nor
 * allocate. A bounded LRU cache by header texts serves connections of proxies, which carry many callers.
 */
export class SourceMemo {
	/** Whether sources contain networks. */
	readonly #addresses: boolean;
	readonly #filterHeader: HeaderFilter;
	readonly #sources = new LRUCache<string, Source>({ max: SOURCES_MAX });

	constructor(options: { addresses: boolean; filterHeader: HeaderFilter }) {
		this.#addresses = options.addresses;
		this.#filterHeader = options.filterHeader;
	}

	/** The source of a request. `connection` is any object that lives as long as the connection. */
	of(connection: object, address: Address | null, user_agent: string | null, client: string | null): Source {
		const holder = asHolder(connection);
		const last = holder[LATEST];
		if (last === undefined) {
			const source = this.find(address, user_agent, client);
			holder[LATEST] = { address, user_agent, client, source };
			return source;
		}
		const same = last.address === address || (last.address !== null && last.address.text === address?.text);
		if (same && last.user_agent === user_agent && last.client === client) return last.source;
		last.source = this.find(address, user_agent, client);
		last.address = address;
		last.user_agent = user_agent;
		last.client = client;
		return last.source;
	}

	/** The source of these texts; the same object while it is cached. */
	find(address: Address | null, user_agent: string | null, client: string | null): Source {
		// Filter before truncating: the filter does not recognize a truncated key.
		const kept_agent = this.#filterHeader("User-Agent", user_agent) ?? (user_agent === null ? null : DROPPED_AGENT);
		const agent_text = kept_agent?.slice(0, HEADER_CHARACTERS_MAX) ?? null;
		const client_text = this.#filterHeader("X-Keywright-Client", client)?.slice(0, HEADER_CHARACTERS_MAX) ?? null;
		const hidden = address !== null && !this.#addresses;
		const cache_key = `${hidden ? HIDDEN_NETWORK : (address?.text ?? "")}\n${agent_text ?? ""}\n${client_text ?? ""}`;
		const known = this.#sources.get(cache_key);
		if (known) return known;
		const source = hidden
			? makeSource(HIDDEN_NETWORK, parseProgram(agent_text), parseClient(client_text))
			: getSource(address, agent_text, client_text);
		this.#sources.set(cache_key, source);
		return source;
	}
}
