import { RULES } from "../alerts/rules/words.ts";
import { ACTIONS } from "../audit/action-words.ts";
import { EXPOSURE_WORDS } from "../keys/page/exposure/words.ts";
import { formatNetwork, formatProgram } from "../keys/text.ts";
import type { Incident, Moment } from "./queries.ts";

/** A line of the timeline: what happened, and what is known of it. */
export interface MomentWords {
	readonly title: string;
	readonly detail: string | null;
}

const KINDS: ReadonlyMap<string, { title: string }> = new Map(Object.entries(EXPOSURE_WORDS));
const ALERTS: ReadonlyMap<string, { name: string }> = new Map(Object.entries(RULES));

function lowerFirst(text: string): string {
	return `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
}

/** "order-bot, 203.0.113.0/24"; null if nothing is known. */
function formatFrom({ name, program, network }: Moment["facts"]): string | null {
	if (typeof network !== "string") return null;
	const called = typeof name === "string" ? name : formatProgram(String(program ?? "none"));
	return `${called}, ${formatNetwork(network)}`;
}

function formatChange({ what, who }: Moment): MomentWords {
	const words = ACTIONS.get(what);
	const did = [words?.did ?? `did “${what}” to`, "this key", words?.end].filter((part) => part !== undefined).join(" ");
	return { title: `${who ?? "The server"} ${did}`, detail: null };
}

function formatAlert({ what, who, facts }: Moment): MomentWords {
	const rule = ALERTS.get(String(facts.rule))?.name ?? String(facts.rule);
	const title = what === "acknowledged" ? `${who ?? "A person"} acknowledged the alert “${rule}”` : `Alert ${what}: ${rule}`;
	return { title, detail: what === "raised" ? String(facts.summary) : null };
}

export function formatMoment(moment: Moment): MomentWords {
	switch (moment.kind) {
		case "exposed":
			return { title: `Seen first: ${lowerFirst(KINDS.get(moment.what)?.title ?? moment.what)}`, detail: formatFrom(moment.facts) };
		case "new_client":
			return { title: "A client that was not seen before", detail: formatFrom(moment.facts) };
		case "alert":
			return formatAlert(moment);
		case "change":
			return formatChange(moment);
	}
}

/** The one sentence that says where the matter stands. */
export function formatState({ key, since }: Pick<Incident, "key" | "since">): string {
	if (since === null) return "This key was never seen where others can read it.";
	if (key.status === "revoked") return "The key is revoked, so it opens nothing any more.";
	if (key.exposed_at === null) return "The key that was exposed is replaced and ended. The new one was seen nowhere.";
	return key.status === "expired" ? "The key has expired, so it is refused." : "The exposed key still works.";
}
