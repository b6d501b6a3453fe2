import type { Socket } from "node:net";
import { type Address, type AllowList, callerAddress, parseAddress } from "../core/network.ts";
import type { FramedRequest } from "./framed-request.ts";

const LOOPBACK = /^(?:127\.|::1$)/;

/** A connection's peer never changes, so its address is read once. */
const peers = new WeakMap<Socket, Address | null>();

function getPeer(socket: Socket): Address | null {
	let peer = peers.get(socket);
	if (peer === undefined) {
		peer = parseAddress(socket.remoteAddress ?? "");
		peers.set(socket, peer);
	}
	return peer;
}

/** Whether the peer of the connection is a trusted proxy. */
export function isFromTrustedProxy(raw: FramedRequest, trusted: AllowList | null): trusted is AllowList {
	const peer = getPeer(raw.socket);
	return trusted !== null && peer !== null && trusted.has(peer);
}

/** Whether a trusted proxy says that its client spoke plain HTTP, over a network and not on one machine. */
export function isPlainHttp(raw: FramedRequest, trusted: AllowList | null, caller: Address | null): boolean {
	const protocol = raw.headers["x-forwarded-proto"];
	if (typeof protocol !== "string" || !/^http(?:,|$)/i.test(protocol) || !isFromTrustedProxy(raw, trusted)) return false;
	return caller === null || !LOOPBACK.test(caller.text);
}

/** The caller's address: the peer's, or the one that trusted proxies forward; null when it is not an address. */
export function getClientAddress(raw: FramedRequest, trusted: AllowList | null): Address | null {
	const peer = getPeer(raw.socket);
	if (trusted === null || peer === null) return peer;
	const forwarded = raw.headers["x-forwarded-for"];
	return typeof forwarded === "string" ? parseAddress(callerAddress(peer.text, forwarded, trusted)) : peer;
}
