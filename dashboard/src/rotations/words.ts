import type { Meaning } from "../ui/theme.ts";
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
	handover_over: "The link expired before the new key was revealed: the old key keeps working.",
	revoked: "The key was revoked, and both ended with it.",
};

/** How it ended, in a sentence. Without `ended_how` its time is over, and the server has not recorded the end yet. */
export function formatEnding(rotation: Pick<Rotation, "ended_how" | "overlap_seconds">): string {
	return ENDING_WORDS[rotation.ended_how ?? (rotation.overlap_seconds === null ? "hard_stop" : "overlap_over")];
}

const BY_ITSELF: readonly (Ending | null)[] = ["moved", "overlap_over", "hard_stop", "handover_over", null];

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

export interface Move {
	/** `none`: it never used the old key, so nothing has to move. */
	readonly state: "moved" | "both" | "old" | "none";
	readonly word: string;
	/** What is still missing; null if nothing is. */
	readonly why: string | null;
}

const GIVE_IT = "Give it the new key, or stop it.";
const WHY: Readonly<Record<string, string>> = {
	old_secret_only: GIVE_IT,
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
		return { short: "When a person ends it", sentence };
	}
	return { short: "When all have moved", sentence: "The old key ends by itself once everything has moved, and in any case" };
}

/** The progress of one client. */
export function getMove(source: RotationSource, reasons: Rotation["reasons"], successor_exists: boolean): Move {
	if (source.old === null) return { state: "none", word: "New key only", why: null };
	if (source.moved) return { state: "moved", word: isConfirmed(source) ? "Confirmed" : "Moved", why: null };
	if (source.not_told_apart !== null) {
		const why = NOT_TOLD_APART[source.not_told_apart.code];
		if (source.new !== null) return { state: "both", word: "Not distinguishable", why };
		return { state: "old", word: "Old key", why: successor_exists ? `${GIVE_IT} ${why}` : null };
	}
	if (source.new === null) return { state: "old", word: "Old key", why: successor_exists ? (WHY.old_secret_only ?? null) : null };
	const code = reasons.find((reason) => reason.source_id === source.id)?.code;
	return { state: "both", word: "Moving", why: (code === undefined ? undefined : WHY[code]) ?? WHY.not_silent_long_enough ?? null };
}

const count = (number: number, one: string, many: string): string => `${number} ${number === 1 ? one : many}`;

const KEY_ENDED = "The key has ended, so neither the old nor the new one works. With a later end, both work again and this continues.";

/** One sentence: how many clients still need the old key. */
export function formatHeadline(rotation: Rotation): string {
	if (rotation.status === "waiting") return "The new key is made when its recipient reveals it. Until then the old key keeps working as before.";
	if (rotation.status === "over") return KEY_ENDED;
	if (rotation.status === "completed") return "Only the new key works.";
	if (rotation.status === "cancelled") return rotation.ended_how === "revoked" ? "The key was revoked." : "The old key keeps working as before.";
	const users = rotation.sources.filter((source) => source.old !== null);
	const left = users.filter((source) => !source.moved).length;
	if (users.length === 0 && rotation.status === "issued")
		return "Nothing has used the old key lately. Waiting for the first request with the new one.";
	if (left === 0 && rotation.status === "moved")
		return rotation.sources.some(isConfirmed)
			? "Everything has moved, part of it by a person's confirmation."
			: "Everything has moved to the new key.";
	if (left === 0 && rotation.status === "issued") return "Waiting for the first request with the new key.";
	if (left === 0) return "All have moved, it seems. Ten minutes of silence on the old key make sure.";
	const still = users.filter((source) => source.new === null).length;
	const silent = users.filter((source) => !source.moved && source.new !== null && !source.may_be_confirmed).length;
	if (still === 0 && silent === 0)
		return `Not yet: ${left} of ${count(users.length, "client", "clients")} ${left === 1 ? "needs" : "need"} a person's confirmation that all of it has moved.`;
	if (still === 0) return `Not yet: ${left} of ${count(users.length, "client", "clients")} must stay silent on the old key for longer.`;
	return `Not yet: ${still} of ${count(users.length, "client", "clients")} still ${still === 1 ? "uses" : "use"} the old key.`;
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

export interface StepWords {
	readonly title: string;
	/** What is missing, while the step is open. */
	readonly open: string;
	readonly done: string;
}

/** Title and evidence of each of the five steps. */
export function formatStep(name: StepName, rotation: Rotation): StepWords {
	const { operations, sources } = rotation;
	const checked = operations.filter((operation) => operation.new_at !== null).length;
	const users = sources.filter((source) => source.old !== null);
	const moved = users.filter((source) => source.moved).length;
	const last4 = rotation.successor === null ? "" : ` …${rotation.successor.last4}`;
	switch (name) {
		case "created":
			return {
				title: "New key made",
				open: "It is made when its recipient reveals it.",
				done: isOpen(rotation) && rotation.status !== "over" ? `The new key${last4} works beside the old one.` : `The new key${last4} was made.`,
			};
		case "deployed":
			return { title: "First use of the new key", open: "No request with the new key yet.", done: "The first request with the new key has arrived." };
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
				title: "All traffic has moved",
				open: users.length === 0 ? "Nothing has been seen yet." : `${moved} of ${count(users.length, "client has", "clients have")} moved.`,
				done: users.length === 0 ? "Nothing used the old key." : `${count(users.length, "client has", "clients have")} moved.`,
			};
		case "revoked":
			return {
				title: "Old key ended",
				open: rotation.status === "over" ? "The old key is refused because the key has ended." : "The old key still works.",
				done: "Requests with the old key are refused.",
			};
	}
}

/** Why the old key cannot be ended safely yet, the label of the disabled button. Null when it can. */
export function formatNotYet(rotation: Rotation): string | null {
	if (rotation.safe_to_complete) return null;
	if (rotation.status === "waiting") return "The new key has not been revealed yet.";
	if (rotation.status === "over") return "The key has ended: nothing shows what has moved.";
	if (rotation.status === "issued") return "The new key has not been used yet.";
	const [first, ...others] = getStragglers(rotation);
	if (first === undefined) return "The new key was used for the first time a moment ago.";
	if (others.length === 0) return `Still waiting for ${first}.`;
	return `Still waiting for ${first} and ${count(others.length, "other client", "other clients")}.`;
}
