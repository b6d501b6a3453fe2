import type { ApiKey, Source } from "../queries.ts";
import { formatNetwork, formatProgram } from "../text.ts";

/** The parts of a key's clients that the list can show alone. */
export const SHOWN = ["ambiguous", "old", "unnamed"] as const;
export type Shown = (typeof SHOWN)[number];
export const CLIENT_SORTS = ["requests", "name", "refused", "seen"] as const;
export type ClientSort = (typeof CLIENT_SORTS)[number];

/** The search, part and order of the clients, in the address. */
export interface ClientView {
	readonly find: string;
	readonly show: Shown | null;
	readonly by: ClientSort;
}

/** The kids of a key's secrets that are replaced or being replaced. */
export function getOldKids(secrets: readonly Pick<ApiKey["secrets"][number], "kid" | "status">[]): ReadonlySet<string> {
	return new Set(secrets.filter(({ status }) => status === "retiring" || status === "retired").map(({ kid }) => kid));
}

/** Whether a client belongs to a part of the list. A secret that is no longer listed is an old one. */
export function isShown(source: Pick<Source, "name" | "told_apart" | "last_kid">, shown: Shown, key: Pick<ApiKey, "secrets">): boolean {
	if (shown === "ambiguous") return !source.told_apart;
	if (shown === "unnamed") return source.name === null;
	return getOldKids(key.secrets).has(source.last_kid) || key.secrets.every(({ kid }) => kid !== source.last_kid);
}

/** What a client is called: its given name, else its instance or program. */
export function formatCall({ name, client, agent }: Pick<Source, "name" | "client" | "agent">): string {
	return name ?? client ?? formatProgram(agent);
}

/** Whether the text is part of the client's name, instance, program or network. */
export function isFoundBy(source: Pick<Source, "name" | "client" | "agent" | "network">, text: string): boolean {
	const wanted = text.trim().toLowerCase();
	const parts = [source.name ?? "", source.client ?? "", formatProgram(source.agent), formatNetwork(source.network)];
	return parts.some((part) => part.toLowerCase().includes(wanted));
}

type Sortable = Pick<Source, "id" | "name" | "client" | "agent" | "requests" | "refused" | "last_seen_at">;

/** In order: most requests, most refusals and latest first, names from A; ties by id, so that the order is stable while counts arrive. */
export function inOrder<S extends Sortable>(sources: readonly S[], by: ClientSort): S[] {
	const compare: Readonly<Record<ClientSort, (a: S, b: S) => number>> = {
		requests: (a, b) => b.requests - a.requests,
		refused: (a, b) => b.refused - a.refused,
		seen: (a, b) => b.last_seen_at.localeCompare(a.last_seen_at),
		name: (a, b) => formatCall(a).localeCompare(formatCall(b)),
	};
	return [...sources].sort((a, b) => compare[by](a, b) || a.id.localeCompare(b.id));
}

/** Each client's share of all requests, from 0 to 1. */
export function getShare(requests: number, total: number): number {
	return total === 0 ? 0 : requests / total;
}

const percent = new Intl.NumberFormat("en", { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** "61.8%"; "under 0.1%" for a client that was seen, so that it is never nothing. */
export function formatShare(share: number): string {
	return share > 0 && share < 0.0005 ? "under 0.1%" : percent.format(share);
}

/** Why a client is, or is not, distinguished from others, in a few words. */
export function formatEvidence({ told_apart, network, agent, client }: Pick<Source, "told_apart" | "network" | "agent" | "client">): string {
	if (told_apart) return client === null ? "Own name" : `Instance ${client}`;
	if (network === "other") return "More than are kept apart";
	if (network === "unknown") return "Network not known";
	if (network === "hidden") return "Network not kept";
	if (agent === "none") return "Says no program";
	return agent === "other" ? "No name of its own" : "Library name only";
}
