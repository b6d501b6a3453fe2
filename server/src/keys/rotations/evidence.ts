import type { SecretSource } from "../../usage/sources/evidence-store.ts";
import type { UsageSeen } from "../../usage/sources/progress-store.ts";
import { OTHER_SOURCES, UNKNOWN_NETWORK } from "../../usage/sources/source.ts";
import { CLIENT_HEADER, type NotToldApart, whyNotToldApart } from "../../usage/sources/told-apart.ts";
import { type Confirmation, isVoid } from "./rotation.ts";

/** Said with every rotation: what no evidence can show. */
export const EVIDENCE_LIMIT =
	"A copy of a program that calls less often than the required silence cannot be detected: it may still hold the old secret when that ends. " +
	`Give each copy its own name in ${CLIENT_HEADER}.`;

const DETAILS: Readonly<Record<NotToldApart, string>> = {
	too_many_sources: "The key is used from more sources than are tracked separately, so these are counted together.",
	network_unknown: "Requests without a known address can come from anywhere, so several programs can look like this one.",
	network_hidden: "Networks are not stored here, so several programs can look like this one.",
	library: "It is identified by its HTTP library alone, so several programs can look like this one.",
	no_program: "It sends no User-Agent, so several programs can look like this one.",
	other_program: "Its User-Agent does not begin with a program name, so several programs can look like this one.",
};

/** Why a source is not told apart, in a sentence. */
export function notToldApartDetail(why: NotToldApart): string {
	return DETAILS[why];
}

/** However often a source is heard of, so long it must be silent: what nodes have counted and not yet written (a second or two) is within it. */
export const SILENCE_MS_MIN = 600_000;
/** A source that is silent for as many of its longest usual gaps is taken for moved. */
export const GAPS_OF_SILENCE = 3;
/** Fewer tell nothing of what is usual. */
export const SIGHTINGS_MIN = 3;
/** Who has not used the old secret for so long does not count any more. */
export const EVIDENCE_KEPT_MS = 90 * 86_400_000;

export const BLOCKER_CODES = [
	"key_ended",
	"not_deployed",
	"old_secret_only",
	"not_silent_long_enough",
	"too_few_sightings",
	"address_unknown",
	"sources_not_told_apart",
] as const;
/** Why the old secret cannot be ended yet without risk. */
export type BlockerCode = (typeof BLOCKER_CODES)[number];

export interface Blocker {
	readonly code: BlockerCode;
	readonly detail: string;
	readonly source_id?: string;
}

type Use = Pick<SecretSource, "first_seen_at" | "last_seen_at" | "requests" | "sightings" | "gap_ms" | "gap_before_ms">;

/** One source, with what was seen of either secret there; null where a secret was not used while it lived. */
export interface AssessedSource {
	readonly source: Pick<SecretSource, "source_id" | "network" | "agent" | "client" | "name">;
	readonly old: Use | null;
	readonly new: Use | null;
	/** Why several programs can look like this source; null where it is told apart. */
	readonly not_told_apart: NotToldApart | null;
	/** Nothing there needs the old secret any more: by evidence, or because a person confirmed so. */
	readonly moved: boolean;
	/** What a person confirmed of it, also when the old secret was seen there again since. */
	readonly confirmation: Confirmation | null;
	/** It counts as moved because of that alone. */
	readonly confirmed: boolean;
	/** When it will have moved, or when it does not matter any more, if nothing else is seen; null when that is not known. */
	readonly waits_until: Date | null;
	readonly blocker: Blocker | null;
}

export interface Evidence {
	readonly sources: readonly AssessedSource[];
	readonly all_moved: boolean;
	/** At least one of them by a person's word alone: then a person ends the old secret as well, or its time does. */
	readonly by_confirmation: boolean;
	readonly blockers: readonly Blocker[];
}

export interface EvidenceQuestion {
	readonly predecessor_kid: string;
	readonly successor_kid: string | null;
	/** The first use of the new secret, wherever that was. */
	readonly successor_used_at: Date | null;
	/** When the old secret ends whatever is seen; null when it is not said yet. */
	readonly old_ends_at: Date | null;
	/** Silence is judged by what is known of uses, never by the clock alone. */
	readonly usage: UsageSeen;
	/** By source. */
	readonly confirmations: ReadonlyMap<string, Confirmation>;
	/** The key is refused: what is not seen meanwhile says nothing. */
	readonly key_ended: boolean;
	readonly now: number;
}

const KEY_ENDED: Blocker = {
	code: "key_ended",
	detail: "The key has expired, so neither secret works and no evidence can be collected. Set a later expiry date to continue.",
};

const JUST_DEPLOYED: Blocker = {
	code: "not_silent_long_enough",
	detail: "The new secret was first used a moment ago: the latest uses of the old one may not be recorded yet.",
};

const NOT_REPORTED = "uses the new secret; a server has not reported yet whether the old one was used at this source since.";

/** How long a source must be silent on a secret, by how long it was silent between two uses. Milliseconds. */
export function silenceNeeded(use: Pick<Use, "gap_ms" | "gap_before_ms">): number {
	return Math.max(SILENCE_MS_MIN, GAPS_OF_SILENCE * Math.max(use.gap_ms, use.gap_before_ms));
}

/** What a source is called: as a member named it, or by what is known of it. */
export function sourceLabel(source: AssessedSource["source"]): string {
	if (source.name !== null) return source.name;
	if (source.source_id === OTHER_SOURCES.id) return "other sources";
	const known = source.network === UNKNOWN_NETWORK ? "an unknown address" : source.network;
	return `${source.client ?? source.agent} at ${known}`;
}

/** What every source of a key's two secrets tells of whether the old one is still needed there. Pure: settled usage in, judgement out. */
export function assessEvidence(rows: readonly SecretSource[], question: EvidenceQuestion): Evidence {
	const bySource = Map.groupBy(rows, (row) => row.source_id);
	const sources = [...bySource.values()].flatMap((seen) => assessSource(seen, question) ?? []);
	const blockers = sources.flatMap((source) => source.blocker ?? []);
	const by_confirmation = sources.some((source) => source.confirmed);
	const { successor_used_at, usage } = question;
	if (successor_used_at === null) blockers.unshift({ code: "not_deployed", detail: "The new secret has not been used yet." });
	// Nobody is known to use the old one; whoever did at that moment would be known of by the end of the silence that others have to keep.
	else if (
		blockers.length === 0 &&
		!by_confirmation &&
		Math.max(successor_used_at.getTime(), usage.gaps_until_ms) + SILENCE_MS_MIN > seenUntil(question)
	)
		blockers.push(JUST_DEPLOYED);
	if (question.key_ended) blockers.unshift(KEY_ENDED);
	return { sources, all_moved: blockers.length === 0, by_confirmation, blockers };
}

/** The instant up to which silence is known of, in milliseconds since 1970. */
function seenUntil({ usage, now }: EvidenceQuestion): number {
	return Math.min(now, usage.until_ms);
}

function useOf(seen: readonly SecretSource[], kid: string | null): (SecretSource & { last_seen_at: Date; first_seen_at: Date }) | null {
	const row = seen.find((use) => use.kid === kid);
	if (!row || row.last_seen_at === null || row.first_seen_at === null) return null;
	return { ...row, last_seen_at: row.last_seen_at, first_seen_at: row.first_seen_at };
}

function assessSource(seen: readonly SecretSource[], question: EvidenceQuestion): AssessedSource | null {
	const [first] = seen;
	const used = useOf(seen, question.predecessor_kid);
	const old = used !== null && used.last_seen_at.getTime() > question.now - EVIDENCE_KEPT_MS ? used : null;
	const successor = useOf(seen, question.successor_kid);
	if (!first || (old === null && successor === null)) return null;
	const { source_id, network, agent, client, name } = first;
	const source = { source_id, network, agent, client, name };
	const confirmation = question.confirmations.get(source_id) ?? null;
	const about = { source, old, new: successor, not_told_apart: whyNotToldApart(source), confirmation, confirmed: false };
	if (old === null) return { ...about, moved: true, waits_until: null, blocker: null };
	const { waits_until, waits_for } = waitOf(about.not_told_apart, old, successor, question);
	if (waits_for === null) return { ...about, moved: true, waits_until, blocker: null };
	if (confirmation !== null && !isVoid(confirmation, old.last_seen_at)) {
		return { ...about, moved: true, confirmed: true, waits_until: confirmation.confirmed_at, blocker: null };
	}
	const blocker = { code: waits_for.code, detail: `${sourceLabel(source)}: ${waits_for.detail}`, source_id };
	return { ...about, moved: false, waits_until, blocker };
}

interface Wait {
	readonly waits_until: Date | null;
	/** Null: by evidence, nothing there needs the old secret any more. */
	readonly waits_for: Pick<Blocker, "code" | "detail"> | null;
}

/** What a source that has used the old secret waits for, by evidence alone. */
function waitOf(
	not_told_apart: NotToldApart | null,
	old: Use & { last_seen_at: Date },
	successor: (Use & { first_seen_at: Date }) | null,
	question: EvidenceQuestion,
): Wait {
	const { old_ends_at, now } = question;
	if (not_told_apart !== null) {
		const code = not_told_apart === "network_unknown" ? "address_unknown" : "sources_not_told_apart";
		const detail = `the old secret was used there. ${notToldApartDetail(not_told_apart)} A person must confirm that everything there has the new secret.`;
		return { waits_until: old_ends_at, waits_for: { code, detail } };
	}
	if (successor === null) return { waits_until: null, waits_for: { code: "old_secret_only", detail: "still uses the old secret." } };
	if (old.sightings < SIGHTINGS_MIN) {
		const detail = "uses the new secret, but was seen too rarely before to determine whether all of it has moved. A person can confirm that it has.";
		return { waits_until: old_ends_at, waits_for: { code: "too_few_sightings", detail } };
	}
	const silent_since = Math.max(old.last_seen_at.getTime(), successor.first_seen_at.getTime(), question.usage.gaps_until_ms);
	const waits_until = new Date(silent_since + silenceNeeded(old));
	if (waits_until.getTime() <= seenUntil(question)) return { waits_until, waits_for: null };
	const detail = waits_until.getTime() <= now ? NOT_REPORTED : "uses the new secret; the old one must be silent there for longer first.";
	return { waits_until, waits_for: { code: "not_silent_long_enough", detail } };
}

/** Whether a person may confirm that all of a source has moved: only where evidence cannot find out. */
export function mayBeConfirmed({ old, not_told_apart, blocker, confirmed }: AssessedSource): boolean {
	return old !== null && (confirmed || not_told_apart !== null || blocker?.code === "too_few_sightings");
}
