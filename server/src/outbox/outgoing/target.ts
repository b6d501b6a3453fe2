import { type Address, parseAddress } from "../../core/network.ts";

export const URL_CHARACTERS_MAX = 2_048;
/** No space, control character or backslash: the URL parser removes or replaces those, so two readers would see two URLs. */
const VISIBLE = /^[\x21-\x5b\x5d-\x7e]+$/;
const AUTHORITY = /^(https?):\/\/([^/?#]*)/i;
const DNS_NAME = /^(?=.{1,253}$)(?:(?!-)[a-z0-9_-]{1,63}(?<!-)\.)*(?!-)[a-z0-9_-]{1,63}(?<!-)$/;
const PORT_MAX = 65_535;
const PRIVILEGED_PORT_MAX = 1_023;
const WEB_PORTS: ReadonlySet<number> = new Set([80, 443]);
/** Ports above 1023 of services that must not receive HTTP: the blocked ports of the Fetch standard, and data stores. */
const UNSAFE_PORTS: ReadonlySet<number> = new Set([
	...[1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10_080],
	...[1433, 1521, 2375, 2379, 3306, 5432, 6379, 9042, 9200, 11_211, 27_017],
]);

/** A parsed URL of an outgoing call. */
export interface Target {
	readonly url: URL;
	readonly secure: boolean;
	readonly port: number;
	/** The address if the host is written as one, else null: then it is a name to resolve. */
	readonly literal: Address | null;
	/** The host in lower case, without the brackets of IPv6. */
	readonly host: string;
}

/**
 * Parses the URL of an outgoing call, or returns what is wrong with it. The host as written must be the host that is called, apart from case:
 * other forms of an address (`0x7f.1`, `2130706433`, `[::ffff:127.0.0.1]`) are faults even where the address is allowed.
 */
export function parseTarget(text: string): Target | string {
	if (text.length > URL_CHARACTERS_MAX) return `has more than ${URL_CHARACTERS_MAX} characters`;
	if (!VISIBLE.test(text)) return "may contain visible ASCII characters only, and no backslash; write a name of another script as xn--…";
	const [, scheme = "", authority = ""] = AUTHORITY.exec(text) ?? [];
	if (scheme === "" || !URL.canParse(text)) return "must be a URL such as https://hooks.example.com/keywright";
	const url = new URL(text);
	if (authority.includes("@")) return "must not contain a user name or password";
	if (url.hash !== "" || text.includes("#")) return "must not have a fragment (#), which is never sent";
	const [, host = "", port_text] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(authority.toLowerCase()) ?? [];
	if (host === "" || host !== url.hostname)
		return "must have the host in its plain form: a name, four decimal numbers, or the shortest form of an IPv6 address";
	const secure = url.protocol === "https:";
	const port = port_text === undefined ? (secure ? 443 : 80) : Number(port_text);
	if (port_text !== undefined && !/^[1-9]\d{0,4}$/.test(port_text)) return "must have a decimal port, if it has one";
	if (!isSafePort(port)) return "has a port of another service; use 443, 80 or a free one from 1024 on";
	const bare = host.startsWith("[") ? host.slice(1, -1) : host;
	const literal = parseAddress(bare);
	if (literal === null && (host.startsWith("[") || !DNS_NAME.test(host))) return "must have a valid host name without a trailing dot, or an address";
	return { url, secure, port, literal, host: bare };
}

function isSafePort(port: number): boolean {
	return port <= PORT_MAX && (port > PRIVILEGED_PORT_MAX ? !UNSAFE_PORTS.has(port) : WEB_PORTS.has(port));
}
