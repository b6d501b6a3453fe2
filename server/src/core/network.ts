import { isIPv6 } from "node:net";
import ipaddr from "ipaddr.js";
import type { InputError } from "./error.ts";

export const ALLOW_LIST_ENTRIES_MAX = 100;
/** Maximum chain of trusted proxies; a longer chain is treated as forged. */
export const FORWARDED_HOPS_MAX = 16;

const IPV4_BITS = 32;
const IPV6_BITS = 128;
const MAPPED_BITS = IPV6_BITS - IPV4_BITS;
const IPV6_NETWORK_BITS = 48;
const IPV6_SUBSCRIBER_BITS = 64;
/** The longest address as text, IPv6 with an embedded IPv4, and a zone. */
const ADDRESS_CHARACTERS_MAX = 45 + 16;
/** Prefix of an IPv4 peer on a dual-stack socket. */
const MAPPED_START = "::ffff:";
const DOT = 46;
const DIGIT_ZERO = 48;
const DIGIT_NINE = 57;

/** An IPv4 or IPv6 address. `words` are its bits as unsigned 32-bit numbers, most significant first: one or four. `text` is its canonical form. */
export interface Address {
	readonly version: 4 | 6;
	readonly words: readonly number[];
	readonly text: string;
}

/**
 * Parses an address (RFC 4291, section 2.2); null if invalid. Strict: four decimal parts without leading zeros, no octal, hexadecimal or
 * short forms. An IPv4-mapped address (`::ffff:192.0.2.1`) becomes IPv4; a zone (`%eth0`) is dropped.
 */
export function parseAddress(text: string): Address | null {
	const dotted = text.startsWith(MAPPED_START) ? text.slice(MAPPED_START.length) : text;
	const word = ipv4Word(dotted);
	if (word !== -1) return { version: 4, words: [word], text: dotted };
	if (text.length > ADDRESS_CHARACTERS_MAX || !isIPv6(text)) return null;
	const zoneAt = text.indexOf("%");
	const parsed = ipaddr.IPv6.parse(withoutDottedTail(zoneAt === -1 ? text : text.slice(0, zoneAt)));
	if (parsed.isIPv4MappedAddress()) return parseAddress(parsed.toIPv4Address().toString());
	return { version: 6, words: toWords(parsed.toByteArray()), text: parsed.toRFC5952String() };
}

/** The 32 bits of four decimal parts, or -1. Hand-written, because behind a proxy every request contains an address to parse. */
function ipv4Word(text: string): number {
	if (text.length < 7 || text.length > 15) return -1;
	let word = 0;
	let part = -1;
	let dots = 0;
	for (let at = 0; at < text.length; at += 1) {
		const code = text.charCodeAt(at);
		if (code === DOT && part !== -1 && dots < 3) {
			word = word * 256 + part;
			part = -1;
			dots += 1;
		} else {
			if (code < DIGIT_ZERO || code > DIGIT_NINE || part === 0) return -1;
			part = (part === -1 ? 0 : part * 10) + code - DIGIT_ZERO;
			if (part > 255) return -1;
		}
	}
	return dots === 3 && part !== -1 ? word * 256 + part : -1;
}

/** The library parses `::192.0.2.1` as `::ffff:192.0.2.1`, which is another address, so the dotted tail is converted to hexadecimal first. */
function withoutDottedTail(text: string): string {
	const tail = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
	if (tail === null) return text;
	const [a, b, c, d] = tail.slice(2).map(Number);
	return `${tail[1]}${wordText(a, b)}:${wordText(c, d)}`;
}

function wordText(high = 0, low = 0): string {
	return (high * 256 + low).toString(16);
}

function toWords(bytes: number[]): number[] {
	const view = new DataView(Uint8Array.from(bytes).buffer);
	return Array.from({ length: bytes.length / 4 }, (_, index) => view.getUint32(index * 4));
}

/** The network that requests come from: IPv4 `203.0.113.0/24`, IPv6 `2001:db8:1::/48`. */
export function getNetwork(address: Address): string {
	if (address.version === 4) return `${address.text.slice(0, address.text.lastIndexOf("."))}.0/24`;
	return getPrefix(address, IPV6_NETWORK_BITS);
}

/** The unit that wrong keys are counted by: an IPv4 address, or an IPv6 /64, which one subscriber controls. */
export function getFailureBucket(address: Address): string {
	return address.version === 4 ? address.text : getPrefix(address, IPV6_SUBSCRIBER_BITS);
}

function getPrefix(address: Address, bits: number): string {
	const bytes = address.words.flatMap((word, index) => toBytes(masked(word, toMask(bits, index))));
	return `${address.version === 4 ? bytes.join(".") : new ipaddr.IPv6(bytes).toRFC5952String()}/${bits}`;
}

function toBytes(word: number): number[] {
	return [word >>> 24, (word >>> 16) & 0xff, (word >>> 8) & 0xff, word & 0xff];
}

/** The mask of the word at `index` for a prefix of `bits` bits. */
function toMask(bits: number, index: number): number {
	const kept = Math.min(Math.max(bits - index * 32, 0), 32);
	return kept === 0 ? 0 : (-1 << (32 - kept)) >>> 0;
}

function masked(word: number, mask: number): number {
	return (word & mask) >>> 0;
}

interface Range {
	readonly words: readonly number[];
	readonly masks: readonly number[];
}

/** Allowed addresses and networks. An empty list allows none; `0.0.0.0/0` is every IPv4 address and no IPv6 address. */
export class AllowList {
	/** Canonical, without host bits and duplicates, in the given order. */
	readonly entries: readonly string[];
	readonly #ranges: { readonly 4: readonly Range[]; readonly 6: readonly Range[] };

	/** Only for `parseAllowList`, which has validated the entries. */
	constructor(networks: readonly { address: Address; bits: number }[]) {
		const byText = new Map(
			networks.map(({ address, bits }) => [isWhole(address, bits) ? address.text : getPrefix(address, bits), { address, bits }]),
		);
		this.entries = [...byText.keys()];
		const ranges = (version: 4 | 6) => [...byText.values()].filter(({ address }) => address.version === version).map(getRange);
		this.#ranges = { 4: ranges(4), 6: ranges(6) };
	}

	/** Whether the address is in one of the networks: a linear search over at most 100 precomputed ranges. */
	has(address: Address): boolean {
		for (const range of this.#ranges[address.version]) if (covers(range, address.words)) return true;
		return false;
	}

	/** How many addresses of a network (`203.0.113.0/24`) are allowed: "some" also where it is not known, as of what is no network. */
	coverageOf(network: string): "all" | "some" | "none" {
		const parsed = parseNetwork(network);
		if (typeof parsed === "string") return "some";
		const whole = getRange(parsed);
		let coverage: "some" | "none" = "none";
		for (const range of this.#ranges[parsed.address.version]) {
			if (covers(range, whole.words) && range.masks.every((mask, index) => (mask & (whole.masks[index] ?? 0)) >>> 0 === mask)) return "all";
			if (covers(whole, range.words) || covers(range, whole.words)) coverage = "some";
		}
		return coverage;
	}
}

function isWhole(address: Address, bits: number): boolean {
	return bits === (address.version === 4 ? IPV4_BITS : IPV6_BITS);
}

function getRange({ address, bits }: { address: Address; bits: number }): Range {
	const masks = address.words.map((_, index) => toMask(bits, index));
	return { masks, words: address.words.map((word, index) => masked(word, masks[index] ?? 0)) };
}

function covers(range: Range, words: readonly number[]): boolean {
	for (let index = 0; index < words.length; index += 1) {
		if (((words[index] ?? 0) & (range.masks[index] ?? 0)) >>> 0 !== range.words[index]) return false;
	}
	return true;
}

/** Whether one of the canonical `entries` of an allow list is a network with fewer bits than `bits` of its version. */
export function isWiderThan(entries: readonly string[], bits: Readonly<Record<4 | 6, number>>): boolean {
	return entries.some((entry) => {
		const network = parseNetwork(entry);
		return typeof network !== "string" && network.bits < bits[network.address.version];
	});
}

/**
 * Parses a list of addresses and networks (`192.0.2.7`, `10.0.0.0/8`, `2001:db8::/32`), or returns the errors; `pointer` is the list's
 * position in the input. Clears host bits; converts IPv4-mapped IPv6 to IPv4.
 */
export function parseAllowList(entries: readonly string[], pointer = "/allowed_ips"): AllowList | InputError[] {
	if (entries.length > ALLOW_LIST_ENTRIES_MAX)
		return [{ pointer, detail: `The list may have at most ${ALLOW_LIST_ENTRIES_MAX} entries: combine adjacent addresses into networks.` }];
	const errors: InputError[] = [];
	const networks: { address: Address; bits: number }[] = [];
	for (const [index, entry] of entries.entries()) {
		const parsed = parseNetwork(entry);
		if (typeof parsed === "string") errors.push({ pointer: `${pointer}/${index}`, detail: parsed });
		else networks.push(parsed);
	}
	return errors.length > 0 ? errors : new AllowList(networks);
}

/** One parsed entry, or the text of its error. */
function parseNetwork(entry: string): { address: Address; bits: number } | string {
	const slashAt = entry.indexOf("/");
	const written = slashAt === -1 ? entry : entry.slice(0, slashAt);
	if (written.includes("%")) return "The address has a zone (`%`), which is local to one machine: remove the zone.";
	const address = parseAddress(written);
	if (address === null) return "This is not an IPv4 or IPv6 address, nor a network such as 192.0.2.0/24 or 2001:db8::/32.";
	const bitsWritten = written.includes(":") ? IPV6_BITS : IPV4_BITS;
	const inside = bitsWritten - (address.version === 4 ? IPV4_BITS : IPV6_BITS);
	if (slashAt === -1) return { address, bits: bitsWritten - inside };
	const prefix = entry.slice(slashAt + 1);
	if (!/^(?:0|[1-9]\d{0,2})$/.test(prefix) || Number(prefix) > bitsWritten) return `The prefix length must be from 0 to ${bitsWritten}.`;
	if (Number(prefix) < inside) return `The prefix length of an IPv4-mapped network must be at least ${MAPPED_BITS}: write it as an IPv4 network.`;
	return { address, bits: Number(prefix) - inside };
}

/**
 * The caller's canonical address: the peer, or behind trusted proxies the rightmost entry of `X-Forwarded-For` that is not a trusted proxy;
 * entries left of it are forgeable. The peer on an invalid entry or beyond `FORWARDED_HOPS_MAX`; the leftmost entry if all are trusted.
 * Join repeated headers with commas, in order.
 */
export function callerAddress(peer: string, forwardedFor: string | undefined, trusted: AllowList | null): string {
	const peerAddress = parseAddress(peer);
	if (peerAddress === null) return peer;
	if (trusted === null || forwardedFor === undefined || forwardedFor.trim() === "" || !trusted.has(peerAddress)) return peerAddress.text;
	return (forwardedAddress(forwardedFor, trusted) ?? peerAddress).text;
}

/** The address that trusted proxies forward in `X-Forwarded-For`, as in `callerAddress`; null when the chain ends without an address. */
export function forwardedAddress(forwardedFor: string, trusted: AllowList): Address | null {
	let end = forwardedFor.length;
	for (let hop = 0; hop < FORWARDED_HOPS_MAX; hop += 1) {
		const comma = end === 0 ? -1 : forwardedFor.lastIndexOf(",", end - 1);
		const address = parseForwarded(forwardedFor.slice(comma + 1, end));
		if (address === null || comma === -1 || !trusted.has(address)) return address;
		end = comma;
	}
	return null;
}

/** Parses one entry of `X-Forwarded-For`, or null; some proxies append the port: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
export function parseForwarded(text: string): Address | null {
	const entry = text.trim();
	const address = parseAddress(entry);
	if (address !== null) return address;
	const bracketed = /^\[([0-9A-Fa-f:.]{2,45})\](?::\d{1,5})?$/.exec(entry);
	const withPort = bracketed ?? /^([\d.]{7,15}):\d{1,5}$/.exec(entry);
	return parseAddress(withPort?.[1] ?? "");
}
