import { isSchedule } from "../keys/schedule-words.ts";
import type { Meaning } from "../ui/theme.ts";
import { count, formatMoved, formatRemaining, getPosition, getProgress, type Position } from "./progress.ts";
import { isOpen, type Rotation, type RotationSource } from "./queries.ts";

type Status = Rotation["status"];
type Ending = NonNullable<Rotation["ended_how"]>;
type StepName = Rotation["steps"][number]["name"];

/** The badge of each status. */
export const STATUS_WORDS: Readonly<Record<Status, { meaning: Meaning; word: string }>> = {
	waiting: { meaning: "resting", word: "Waiting for hand-over" },
	issued: { meaning: "attention", word: "New key not used yet" },
	proving: { meaning: "attention", word: "Moving" },
	moved: { meaning: "good", word: "All have moved" },
	over: { meaning: "ended", word: "Key has ended" },
	completed: { meaning: "good", word: "Replaced" },
	cancelled: { meaning: "ended", word: "Taken back" },
};

const ENDING_WORDS: Readonly<Record<Ending, string>> = {
	moved: "The old key ended by itself, once everything had moved.",
	overlap_over: "The old key ended when its time was over.",
	hard_stop: "The old key ended after 30 days, the longest it is kept.",
	completed: "The old key was ended once everything had moved.",
	forced: "The old key was ended before everything had moved.",
	replaced_at_once: "The old key was ended at once.",
	cancelled: "It was taken back: the old key keeps working, the new one is refused.",
	not_mailed: "The link for it could not be mailed: the old key keeps working.",
	recipient_gone: "The person to whom the link was mailed may not use it any more: the old key keeps working.",
	handover_over: "The link expired before the new key was revealed: the old key keeps working.",
	revoked: "The key was revoked, and both ended with it.",
};

/** How it ended, in a sentence. Without `ended_how` its time is over, and the server has not recorded the end yet. */
export function formatEnding(rotation: Pick<Rotation, "ended_how" | "overlap_seconds">): string {
	return ENDING_WORDS[rotation.ended_how ?? (rotation.overlap_seconds === null ? "hard_stop" : "overlap_over")];
}

const BY_ITSELF: readonly (Ending | null)[] = ["moved", "overlap_over", "hard_stop", "handover_over", "not_mailed", "recipient_gone", null];

/** Whether a person ended it. */
export function endedByHand(rotation: Pick<Rotation, "ended_how">): boolean {
	return !BY_ITSELF.includes(rotation.ended_how);
}

/** The client's given name, or its program and network. */
export function formatClient({ name, client, agent, network }: Pick<RotationSource, "name" | "client" | "agent" | "network">): string {
	if (name !== null) return name;
	if (network === "other") return "Many other clients";
	const program = client ?? (agent === "none" || agent === "other" ? "A program" : agent);
	if (network === "hidden") return program;
	return network === "unknown" ? `${program} at an address that is not known` : `${program} at ${network}`;
}

/** Until when both keys work, in a sentence for the head of the page. */
export function formatBothWork(rotation: Pick<Rotation, "status">): string {
	if (rotation.status === "waiting") return "Only the old one exists so far.";
	if (rotation.status === "over") return "Neither works.";
	if (rotation.status === "completed") return "Only the new one works.";
	return rotation.status === "cancelled" ? "The new one is refused." : "Both work until the old one ends.";
}

export interface Move {
	readonly position: Position;
	readonly word: string;
	/** What is still missing; null if nothing is. */
	readonly why: string | null;
}

const WHY: Readonly<Record<string, string>> = {
	not_silent_long_enough: "Uses the new key. The old one must stay silent there for a while first.",
	too_few_sightings: "Uses the new key, but was seen too rarely before to be sure that all of it has moved.",
};

const SEVERAL = "Several programs may look like this one, so its traffic proves nothing:";
/** Why requests of several programs cannot be distinguished. */
const NOT_TOLD_APART: Readonly<Record<NonNullable<RotationSource["not_told_apart"]>["code"], string>> = {
	too_many_sources: "The key has more clients than are counted separately, so the traffic of these proves nothing.",
	network_unknown: `${SEVERAL} its address is not known.`,
	network_hidden: `${SEVERAL} networks are not kept here.`,
	library: `${SEVERAL} only its HTTP library is known.`,
	no_program: `${SEVERAL} it does not say what it is.`,
	other_program: `${SEVERAL} it has no name of its own.`,
};

/** Whether a person's confirmation is valid. */
export function isConfirmed({ confirmation }: Pick<RotationSource, "confirmation">): boolean {
	return confirmation !== null && !confirmation.void;
}

/** Whether evidence alone cannot end the old key: a client that used it needs or has a person's confirmation. */
export function needsAWord({ sources }: Pick<Rotation, "sources">): boolean {
	return sources.some((source) => source.old !== null && (source.may_be_confirmed || isConfirmed(source)));
}

/** How the old key ends while both work: a short form, and the start of a sentence that a time completes. */
export function formatOldEnd(rotation: Pick<Rotation, "sources" | "overlap_seconds">): { readonly short: string | null; readonly sentence: string } {
	if (rotation.overlap_seconds !== null) return { short: null, sentence: "The old key ends" };
	if (needsAWord(rotation)) {
		const sentence = "Where a person has to confirm a client, a person ends the old key as well. In any case it ends";
		return { short: "when ended by hand", sentence };
	}
	return { short: "once all have moved", sentence: "The old key ends by itself once everything has moved, and in any case" };
}

/** The position of one client, in a word, and what is missing there. */
export function getMove(source: RotationSource, reasons: Rotation["reasons"], successor_exists: boolean): Move {
	const position = getPosition(source);
	const told_apart = source.not_told_apart === null ? null : NOT_TOLD_APART[source.not_told_apart.code];
	if (position === "new") return { position, word: "New key only", why: null };
	if (position === "moved") return { position, word: isConfirmed(source) ? "Confirmed" : "Moved", why: null };
	if (position === "old") return { position, word: "Old key", why: successor_exists ? told_apart : null };
	if (told_apart !== null) return { position, word: "Not distinguishable", why: told_apart };
	const code = reasons.find((reason) => reason.source_id === source.id)?.code;
	const why = (code === undefined ? undefined : WHY[code]) ?? WHY.not_silent_long_enough ?? null;
	return { position, word: position === "ask" ? "Seen too rarely" : "Moving", why };
}

const KEY_ENDED = "Neither the old nor the new one works. With a later end, both work again and this continues.";

/** " Begun by schedule, with a link for olivia@shop.example.": for a rotation that waits; "" if a person began it. */
function formatScheduled({ started_by, handover }: Pick<Rotation, "started_by" | "handover">): string {
	if (!isSchedule(started_by)) return "";
	return handover?.email ? ` Begun by schedule, with a link for ${handover.email}.` : " Begun by schedule.";
}

export interface Headline {
	readonly title: string;
	readonly detail: string | null;
}

/** The one sentence of an open rotation, and what remains. All counts come from `getProgress`. */
export function getHeadline(rotation: Rotation): Headline {
	const { status } = rotation;
	if (status === "waiting")
		return {
			title: "The new key has not been revealed yet",
			detail: `The new key is created when its recipient reveals it. Until then the old key keeps working as before.${formatScheduled(rotation)}`,
		};
	if (status === "over") return { title: "The key has ended", detail: KEY_ENDED };
	if (!isOpen(rotation)) return { title: formatEnding(rotation), detail: null };
	const progress = getProgress(rotation);
	const unused = status === "issued" ? "Nothing has used the new key yet." : null;
	if (progress.clients === 0)
		return status === "moved"
			? { title: "Nothing uses the old key", detail: "It can end now." }
			: { title: "Nothing has used the old key lately", detail: unused };
	return { title: formatMoved(progress), detail: [getDetail(rotation), unused].filter((part) => part !== null).join(" ") };
}

function getDetail(rotation: Rotation): string | null {
	const progress = getProgress(rotation);
	const remaining = formatRemaining(progress, getStragglers(rotation)[0] ?? null);
	if (remaining !== null) return remaining;
	if (rotation.status === "issued") return null;
	if (rotation.status !== "moved") return "The old key must stay silent for ten minutes before it can end.";
	const confirmed = rotation.sources.filter((source) => source.old !== null && isConfirmed(source)).length;
	return confirmed === 0 ? "The old key can end now." : `The old key can end now; a person confirmed ${count(confirmed, "client", "clients")}.`;
}

/** Names of the clients that still need the old key; those that never used the new one first. */
export function getStragglers(rotation: Rotation): string[] {
	const left = rotation.sources.filter((source) => source.old !== null && !source.moved);
	return [...left.filter((source) => source.new === null), ...left.filter((source) => source.new !== null)].map(formatClient);
}

/** Names of the clients that use the new key, which a cancellation would stop. */
export function getMovers(rotation: Rotation): string[] {
	return rotation.sources.filter((source) => source.new !== null).map(formatClient);
}

function formatFirstUse({ sources }: Rotation): string {
	const users = sources.flatMap((source) => (source.new === null ? [] : [{ name: formatClient(source), at: source.new.first_seen_at }]));
	const [first] = users.sort((a, b) => a.at.localeCompare(b.at));
	return first === undefined ? "The first request with it has arrived." : `By ${first.name}.`;
}

export interface StepWords {
	readonly title: string;
	/** What is missing, while the step is open. */
	readonly open: string;
	readonly done: string;
}

/** Title and evidence of each of the five steps. */
export function formatStep(name: StepName, rotation: Rotation): StepWords {
	const { operations } = rotation;
	const checked = operations.filter((operation) => operation.new_at !== null).length;
	const progress = getProgress(rotation);
	const last4 = rotation.successor === null ? "The new key" : `…${rotation.successor.last4}`;
	switch (name) {
		case "created":
			return {
				title: "New key made",
				open: "The new key is created when its recipient reveals it.",
				done: isOpen(rotation) && rotation.status !== "over" ? `${last4} works beside the old one.` : `${last4} was made.`,
			};
		case "deployed":
			return { title: "First use of the new key", open: "No request with the new key yet.", done: formatFirstUse(rotation) };
		case "checked":
			return {
				title: "Everything works with it",
				open:
					operations.length === 0
						? "Waiting for a request with the new key that succeeds."
						: `${checked} of ${count(operations.length, "kind", "kinds")} of request that the old key made lately succeeded with the new one.`,
				done:
					operations.length === 0
						? "A request with the new key has succeeded."
						: `All that the old key did lately has succeeded with the new one: ${count(operations.length, "kind", "kinds")} of request.`,
			};
		case "moved":
			return {
				title: "Everything has moved",
				open:
					progress.clients === 0
						? "Nothing has been seen yet."
						: [`${formatMoved(progress)}.`, formatRemaining(progress, null)].filter((part) => part !== null).join(" "),
				done: progress.clients === 0 ? "Nothing used the old key." : `${formatMoved(progress)}.`,
			};
		case "revoked":
			return {
				title: "Old key ended",
				open: rotation.status === "over" ? "The old key is refused because the key has ended." : "The old key still works.",
				done: "Requests with the old key are refused.",
			};
	}
}
