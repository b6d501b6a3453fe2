import { formatRequests } from "../../../usage/ranges.ts";
import { formatCall } from "../../clients/found.ts";
import type { ApiKey, Source } from "../../queries.ts";
import { formatNetwork } from "../../text.ts";

type Exposure = ApiKey["exposure"][number];

/** Where a key was seen, and what that means. */
export const EXPOSURE_WORDS: Readonly<Record<Exposure["kind"], { title: string; means: string }>> = {
	url: { title: "In a URL", means: "Logs, caches and histories keep URLs." },
	cookie: { title: "In a cookie", means: "A browser has it, and sends it with each request." },
	authorization: { title: "In the Authorization header", means: "It belongs into X-API-Key; programs on the way may log it here." },
	body: { title: "In a text that was to be stored", means: "The text was refused, and its sender has the key." },
	plain_http: { title: "Over plain HTTP", means: "Every network on the way can read it." },
	browser: { title: "From a browser", means: "Everyone who opens the page can read it." },
	app: { title: "From an app", means: "Everyone who installs the app can take it out." },
	reported: { title: "Reported by a finder", means: "It lies where others found it." },
};

export interface ExposureWords {
	readonly id: string;
	readonly title: string;
	readonly means: string;
	readonly first_at: string;
	readonly last_at: string;
	/** "2 requests", or "2 reports". */
	readonly times: string;
	/** The client and its network, as far as they are known; null for reports, which no client made. */
	readonly from: string | null;
}

/** A client of refused requests, which are in no list of clients. */
export function formatUnlisted(program: string | null, network: string | null): string {
	if (network === null) return "a client that is not in the list of clients";
	return `${program === null || program === "none" || program === "other" ? "an unnamed program" : program}, ${formatNetwork(network)}`;
}

/** Where the secrets that still work were seen, the latest first. Those that were replaced are left out. */
export function getExposures(
	key: { readonly exposure: readonly Exposure[]; readonly secrets: readonly Pick<ApiKey["secrets"][number], "kid" | "status">[] },
	sources: readonly Pick<Source, "id" | "name" | "client" | "agent" | "network">[],
): ExposureWords[] {
	const live = new Set(key.secrets.filter(({ status }) => status !== "retired").map(({ kid }) => kid));
	return key.exposure
		.filter(({ kid }) => live.has(kid))
		.sort((a, b) => Date.parse(b.last_at) - Date.parse(a.last_at))
		.map(({ kid, kind, source_id, network, source: program, first_at, last_at, requests }) => {
			const source = sources.find(({ id }) => id === source_id);
			if (kind === "reported") {
				const times = requests === 1 ? "1 report" : `${requests} reports`;
				return { id: `${kid} ${kind}`, ...EXPOSURE_WORDS[kind], from: null, first_at, last_at, times };
			}
			const from = source === undefined ? formatUnlisted(program, network) : `${formatCall(source)}, ${formatNetwork(source.network)}`;
			return { id: `${kid} ${kind}`, ...EXPOSURE_WORDS[kind], from, first_at, last_at, times: formatRequests(requests) };
		});
}
