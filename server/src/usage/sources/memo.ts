import { LRUCache } from "lru-cache";
import type { Address } from "../../core/network.ts";
import type { HeaderFilter } from "../../core/secret-text.ts";
import { programOf } from "./program.ts";
import { clientOf, HIDDEN_NETWORK, makeSource, type Source, sourceOf } from "./source.ts";

const SOURCES_MAX = 20_000;
/** Longer headers are told by their beginning. */
const HEADER_CHARACTERS_MAX = 512;

/** Begins with no product, so that its program is `other`. */
const DROPPED_AGENT = "(dropped)";

/** What was last made of one connection's requests. */
interface Remembered {
	address: Address | null;
	user_agent: string | null;
	client: string | null;
	source: Source;
}

/** Kept on the connection itself: a map of all connections would cost each request a look-up in memory that nothing else touches. */
const LATEST = Symbol("latest source");

interface Holder {
	[LATEST]?: Remembered;
}

/** Guarantee: any object may hold a property whose symbol nobody else has. */
function asHolder(connection: object): Holder {
	return connection;
}

/**
 * Sources by connection: requests of one connection mostly come from the same program, so that nothing is parsed or made for the next of them.
 * Behind a proxy one connection speaks for many callers; then sources are found by their texts, bounded.
 */
export class SourceMemo {
	/** Whether networks are part of sources. */
	readonly #addresses: boolean;
	readonly #filterHeader: HeaderFilter;
	readonly #sources = new LRUCache<string, Source>({ max: SOURCES_MAX });

	constructor(options: { addresses: boolean; filterHeader: HeaderFilter }) {
		this.#addresses = options.addresses;
		this.#filterHeader = options.filterHeader;
	}

	/** `connection` is any object that lives as long as it does. */
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

	/** The same object for the same texts, as long as it is remembered. */
	find(address: Address | null, user_agent: string | null, client: string | null): Source {
		// Before anything is cut off: the beginning of a key is a secret too.
		const kept_agent = this.#filterHeader("User-Agent", user_agent) ?? (user_agent === null ? null : DROPPED_AGENT);
		const agent_text = kept_agent?.slice(0, HEADER_CHARACTERS_MAX) ?? null;
		const client_text = this.#filterHeader("X-Keywright-Client", client)?.slice(0, HEADER_CHARACTERS_MAX) ?? null;
		const hidden = address !== null && !this.#addresses;
		const place = `${hidden ? HIDDEN_NETWORK : (address?.text ?? "")}\n${agent_text ?? ""}\n${client_text ?? ""}`;
		const known = this.#sources.get(place);
		if (known) return known;
		const source = hidden ? makeSource(HIDDEN_NETWORK, programOf(agent_text), clientOf(client_text)) : sourceOf(address, agent_text, client_text);
		this.#sources.set(place, source);
		return source;
	}
}
