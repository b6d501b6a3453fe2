import type { FastifyReply, FastifyRequest } from "fastify";
import { type AllowList, getFailureBucket } from "../core/network.ts";
import type { HeaderFilter } from "../core/secret-text.ts";
import { getClientAddress } from "../http/peer.ts";
import { framed } from "../http/reply.ts";

/** The anonymous caller's address and cookies, and a way to set cookies in the response. */
export interface AnonymousCaller {
	readonly address: string | null;
	/** Key of the attempt counters: the IPv4 address or the IPv6 /64. */
	readonly bucket: string;
	readonly user_agent: string | null;
	readonly cookie_header: string;
	/** Adds `Set-Cookie` headers to the response. */
	setCookies(lines: readonly string[]): void;
}

export interface AnonymousContext {
	readonly anonymous: AnonymousCaller;
}

export interface AnonymousOptions {
	readonly trusted_proxies: AllowList | null;
	readonly filterHeader: HeaderFilter;
}

export function toAnonymousCaller(
	request: FastifyRequest,
	reply: FastifyReply,
	{ trusted_proxies, filterHeader }: AnonymousOptions,
): AnonymousCaller {
	const raw = framed(request);
	return {
		get address() {
			return getClientAddress(raw, trusted_proxies)?.text ?? null;
		},
		get bucket() {
			const address = getClientAddress(raw, trusted_proxies);
			return address ? getFailureBucket(address) : "unknown";
		},
		get user_agent() {
			return filterHeader("User-Agent", raw.headers["user-agent"] ?? null);
		},
		cookie_header: raw.headers.cookie ?? "",
		setCookies(lines) {
			for (const line of lines) void reply.header("set-cookie", line);
		},
	};
}
