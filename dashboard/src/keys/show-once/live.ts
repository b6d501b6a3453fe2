/** The fields of a key and its clients that the live line needs. */
export interface LiveKey {
	readonly last_used_at: string | null;
	readonly last_check_at: string | null;
}
export interface LiveSource {
	readonly network: string;
	readonly agent: string;
	readonly client: string | null;
	readonly name: string | null;
	readonly last_seen_at: string;
	readonly requests: number;
	readonly refused: number;
}

export type Live =
	| { readonly kind: "waiting" }
	| { readonly kind: "refused"; readonly at: string; readonly from: string }
	| { readonly kind: "authenticated"; readonly at: string; readonly from: string | null; readonly check_at: string | null };

/** "Order server (203.0.113.0/24)": the given name, else the client's own. */
export function formatSource(source: Pick<LiveSource, "network" | "agent" | "client" | "name">): string {
	return `${source.name ?? source.client ?? source.agent} (${source.network})`;
}

/** The state of arrival; `sources` must be newest first. */
export function getLive(key: LiveKey, sources: readonly LiveSource[]): Live {
	const served = sources.find((source) => source.requests > source.refused);
	const newest = sources[0];
	if (key.last_used_at !== null) {
		return { kind: "authenticated", at: key.last_used_at, from: served ? formatSource(served) : null, check_at: key.last_check_at };
	}
	if (newest !== undefined && newest.refused > 0) return { kind: "refused", at: newest.last_seen_at, from: formatSource(newest) };
	return { kind: "waiting" };
}

/** "just now", "3 s ago", "2 min ago": for times that update on screen. */
export function formatAgo(time: string, now_ms: number): string {
	const seconds = Math.max(0, Math.floor((now_ms - Date.parse(time)) / 1_000));
	if (seconds < 1) return "just now";
	if (seconds < 60) return `${seconds} s ago`;
	const minutes = Math.floor(seconds / 60);
	return minutes < 60 ? `${minutes} min ago` : `${Math.floor(minutes / 60)} h ago`;
}

/** The line for screen readers, without the part that changes every second. */
export function formatSpoken(live: Live): string {
	if (live.kind === "waiting") return "Waiting for the first request";
	if (live.kind === "refused") return `A request from ${live.from} was refused`;
	return `${live.check_at === null ? "Authenticated" : "Connectivity check passed"}${live.from === null ? "" : ` from ${live.from}`}`;
}
