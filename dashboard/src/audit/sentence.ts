import { ROLE_WORDS, ROLES } from "../access/roles.ts";
import { isSchedule } from "../keys/schedule-words.ts";
import { ENVIRONMENT_WORDS, ENVIRONMENTS, REASONS } from "../keys/words.ts";
import { nameFrom } from "../plans/capability-words.ts";
import { ACTIONS } from "./action-words.ts";
import { getDiff } from "./diff.ts";
import type { Entry } from "./queries.ts";

/** The parts of an entry's sentence. */
export interface Sentence {
	readonly who: string;
	readonly did: string;
	/** Null where the sentence needs no target. */
	readonly what: string | null;
	readonly end: string | null;
}

/** Shown for a target whose name is not known. */
const NAMELESS: Readonly<Record<string, string>> = {
	key: "a key",
	site: "a site",
	document: "a document",
	member: "a member",
	person: "a person",
	invitation: "a person by a link",
	portal_session: "a person",
	operator_invitation: "a person",
	source: "a client",
	webhook: "a webhook",
};

/** Whether the entry's people and details were erased with its tenant. */
export function isErased({ actor }: Pick<Entry, "actor">): boolean {
	return actor.kind === null;
}

interface Reader {
	/** The name of the product, shown where the server acted. */
	readonly product: string;
	/** Whether the reader is an operator, who sees operators by name. */
	readonly is_operator: boolean;
}

function whoDid({ actor }: Entry, { product, is_operator }: Reader): string {
	if (isSchedule(actor)) return "The rotation schedule";
	if (actor.kind === "system") return product;
	if (actor.kind === null) return "Someone who was erased";
	if (actor.kind === "operator" && (!is_operator || actor.id === null)) return "The operator";
	return actor.name ?? nameFrom(actor.kind);
}

export function toSentence(entry: Entry, reader: Reader): Sentence {
	const { actor, target, action } = entry;
	const words = ACTIONS.get(action);
	const name = target.name ?? NAMELESS[target.kind] ?? target.id;
	const did = words?.did ?? `did “${action}” to`;
	const end = words?.end ?? null;
	if (words?.target === "who") return { who: target.name ?? actor.name ?? "A person", did, what: null, end };
	if (words?.target === "hidden") return { who: whoDid(entry, reader), did, what: null, end };
	const claimed_by = action === "handover.claimed" ? entry.after?.claimed_by : undefined;
	const who =
		typeof claimed_by === "string" ? claimed_by : action === "handover.claimed" && !isErased(entry) ? "The recipient" : whoDid(entry, reader);
	return { who, did, what: actor.id !== null && actor.id === target.id ? "itself" : name, end };
}

export function sentenceText({ who, did, what, end }: Sentence): string {
	return [who, did, what, end].filter((part) => part !== null).join(" ");
}

function getText(state: Entry["after"], field: string): string | null {
	const value = state?.[field];
	return typeof value === "string" && value !== "" ? value : null;
}

function nameOfRole(role: string | null): string | null {
	const known = ROLES.find((of) => of === role);
	return known === undefined ? null : ROLE_WORDS[known].name;
}

/** The most telling detail, at the right of a line; "" where there is none. */
export function getDetail({ action, before, after }: Entry): string {
	const role = nameOfRole(getText(after, "role") ?? getText(before, "role"));
	if (action === "member.role_changed") return `${nameOfRole(getText(before, "role")) ?? ""} → ${nameOfRole(getText(after, "role")) ?? ""}`;
	if (role !== null && /^(?:member|invitation|portal_session)\./.test(action)) return `as ${role.toLowerCase()}`;
	if (action === "key.revoked") return REASONS.find(({ value }) => value === after?.reason)?.label ?? "";
	if (action === "key.created") return environmentName(getText(after, "environment"));
	if (action === "rotation.started" || action === "handover.claimed" || action === "key.reissued") {
		const last4 = getText(after, "last4");
		return last4 === null ? "" : `…${last4}`;
	}
	if (action === "keys.imported")
		return typeof after?.keys === "number" ? `${after.keys.toLocaleString("en")} ${after.keys === 1 ? "key" : "keys"}` : "";
	if (action === "source.named") return getText(before, "name") === null ? "" : `was ${getText(before, "name")}`;
	if (before === null || after === null) return "";
	const changed = getDiff(before, after);
	return changed.length === 1 ? (changed[0]?.name ?? "") : changed.length === 0 ? "" : `${changed.length} changes`;
}

function environmentName(environment: string | null): string {
	const known = ENVIRONMENTS.find((of) => of === environment);
	return known === undefined ? "" : ENVIRONMENT_WORDS[known].name;
}
