import type { Meaning } from "../../ui/theme.ts";
import type { Health, Node } from "./queries.ts";

/** Something that needs a person, with what to do. */
export interface Finding {
	readonly meaning: Extract<Meaning, "attention" | "ended">;
	readonly what: string;
	readonly cure: string;
}

/** The server logs a warning from this skew on too. */
const SKEW_SECONDS = 2;
const SKEW_SECONDS_MAX = 30;
const SLOW_MS = 250;

export type NodeState = "holds" | "silent" | "fenced";

/** `silent`: no lease, but changes still wait for it; `fenced`: no change waits for it. */
export function getNodeState({ holds_lease, fenced_at }: Pick<Node, "holds_lease" | "fenced_at">): NodeState {
	if (fenced_at !== null) return "fenced";
	return holds_lease ? "holds" : "silent";
}

/** Problems, the worst first; empty when everything works. */
export function getFindings(health: Health, nodes: readonly Node[]): Finding[] {
	const { ready, clock_skew_seconds, usage_lost, database, failing_webhooks } = health;
	const skew = Math.abs(clock_skew_seconds);
	const silent = nodes.filter((node) => getNodeState(node) === "silent");
	const versions = new Set(nodes.filter((node) => getNodeState(node) === "holds").map(({ version }) => version));
	const found: (Finding | false)[] = [
		!ready && {
			meaning: "ended",
			what: "The node that answered has no lease: it refuses keyed requests.",
			cure: "Look at its log. It renews as soon as it reaches the database and its clock agrees with the database's.",
		},
		skew > SKEW_SECONDS_MAX && {
			meaning: "ended",
			what: `Its clock is at least ${Math.round(skew)} seconds from the database's: keyed requests are refused.`,
			cure: "Set the clocks of both machines by NTP.",
		},
		skew >= SKEW_SECONDS &&
			skew <= SKEW_SECONDS_MAX && {
				meaning: "attention",
				what: `Its clock is at least ${Math.round(skew)} seconds from the database's.`,
				cure: `Set the clocks of both machines by NTP. Above ${SKEW_SECONDS_MAX} seconds keyed requests are refused.`,
			},
		silent.length > 0 && {
			meaning: "attention",
			what: silent.length === 1 ? "One node has not renewed its lease." : `${silent.length} nodes have not renewed their lease.`,
			cure: "It refuses keyed requests. The next change waits for it once, then it is fenced. If it should run, look at its log.",
		},
		versions.size > 1 && {
			meaning: "attention",
			what: `The nodes run ${versions.size} versions: ${[...versions].sort().join(", ")}.`,
			cure: "This is normal during an upgrade. Otherwise restart the old ones.",
		},
		usage_lost > 0 && {
			meaning: "attention",
			what: `${usage_lost} usage counts were lost since this node started.`,
			cure: "The database was away for long under load. Reports of that time are too low; limits and quotas are not affected.",
		},
		failing_webhooks.length > 0 && {
			meaning: "attention",
			what: `Your ${failing_webhooks.length === 1 ? "webhook" : "webhooks"} at ${failing_webhooks.map(({ url_origin }) => url_origin).join(", ")} ${failing_webhooks.length === 1 ? "accepts" : "accept"} nothing.`,
			cure: "Look at its deliveries on the page Webhooks. Events are attempted for about a day; a webhook that was disabled for it has to be enabled again.",
		},
		database.round_trip_ms >= SLOW_MS && {
			meaning: "attention",
			what: `The database took ${Math.round(database.round_trip_ms)} ms for this page.`,
			cure: "If this stays, look at the load of the database and the way to it. Requests with a warm key do not wait for it.",
		},
	];
	return found.filter((finding) => finding !== false);
}
