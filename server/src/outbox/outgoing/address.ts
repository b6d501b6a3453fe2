import { type Address, AllowList, parseAddress, parseAllowList } from "../../core/network.ts";

/** Networks that are not globally reachable (IANA special-purpose registries, RFC 6890), and IPv6 ranges that embed other addresses. */
const NOT_PUBLIC = networks([
	...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24"],
	...["192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"],
	// Looks public, but is a service of the host in one provider's cloud, as 169.254.169.254 is in others.
	"168.63.129.16",
	// IETF protocol assignments with Teredo and ORCHID, documentation, 6to4, and documentation again.
	...["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"],
]);
/** The only range from which global IPv6 addresses are assigned (RFC 4291). */
const GLOBAL_IPV6 = networks(["2000::/3"]);
/** DNS64 answers with such addresses; the last 32 bits are the IPv4 address that is reached (RFC 6052). */
const NAT64 = networks(["64:ff9b::/96"]);

function networks(entries: readonly string[]): AllowList {
	const list = parseAllowList(entries);
	if (!(list instanceof AllowList)) throw new Error("impossible state: a network is malformed");
	return list;
}

/** Whether an address is globally reachable unicast: not private, local, shared, reserved, for documentation, or a wrapped form of such. */
export function isPublicAddress(address: Address): boolean {
	if (address.version === 4) return !NOT_PUBLIC.has(address);
	if (NAT64.has(address)) {
		const word = address.words[3] ?? 0;
		const embedded = parseAddress([24, 16, 8, 0].map((shift) => (word >>> shift) & 0xff).join("."));
		return embedded !== null && isPublicAddress(embedded);
	}
	return GLOBAL_IPV6.has(address) && !NOT_PUBLIC.has(address);
}
