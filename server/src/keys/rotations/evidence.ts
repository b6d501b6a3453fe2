import { type Ambiguity, CLIENT_HEADER, findAmbiguity } from "../../usage/sources/ambiguity.ts";
import type { SecretSource } from "../../usage/sources/evidence-store.ts";
import type { UsageSeen } from "../../usage/sources/progress-store.ts";
import { EVIDENCE_KEPT_MS, OTHER_SOURCES, UNKNOWN_NETWORK } from "../../usage/sources/source.ts";
import { type Confirmation, isVoid } from "./rotation.ts";

/** Part of every rotation response: the limit of the evidence. */
export const EVIDENCE_LIMIT =
	"A copy of a program that calls less often than the required silence cannot be detected: it may still hold the old secret when that ends. " +
	`Give each copy its own name in ${CLIENT_HEADER}.`;

const DETAILS: Readonly<Record<Ambiguity, string>> = {
	too_many_sources: "The key is used from more sources than are tracked separately, so these are counted together.",
	network_unknown: "Requests without a known address can come from anywhere, so several programs can look like this one.",
	network_hidden: "Networks are not stored here, so several programs can look like this one.",
	library: "It is identified by its HTTP library alone, so several programs can look like this one.",
	no_program: "It sends no User-Agent, so several programs can look like this one.",
	other_program: "Its User-Agent does not begin with a program name, so several programs can look like this one.",
};

/** Explains in one sentence why a source may be several programs. */
export function formatAmbiguity(why: Ambiguity): string {
	return DETAILS[why];
}

/** Minimum silence of any source. Far longer than the delay until nodes have written their counts (a second or two). */
export const SILENCE_MS_MIN = 600_000;
/** A source counts as moved after being silent for this many times its longest gap. */
export const GAPS_OF_SILENCE = 3;
/** With fewer sightings the usual gap is unknown. */
export const SIGHTINGS_MIN = 3;

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

/** One source with the use of either secret there; null for a secret that was not used there while it was valid. */
export interface AssessedSource {
	readonly source: Pick<SecretSource, "source_id" | "network" | "agent" | "client" | "name">;
	readonly old: Use | null;
	readonly new: Use | null;
	/** Why the source may be several programs; null for an identified one. */
	readonly not_told_apart: Ambiguity | null;
	/** The old secret is no longer needed there, by evidence or by a person's confirmation. */
	readonly moved: boolean;
	/** Also a confirmation that is void because the old secret was used there again. */
	readonly confirmation: Confirmation | null;
	/** It counts as moved only because of the confirmation. */
	readonly confirmed: boolean;
	/** When it will count as moved, or stop mattering, if the old secret is not used there again; null if unknown. */
	readonly waits_until: Date | null;
	readonly blocker: Blocker | null;
}

export interface Evidence {
	readonly sources: readonly AssessedSource[];
	readonly all_moved: boolean;
	/** At least one source counts as moved only by a confirmation. The rotation then never completes by evidence alone. */
	readonly by_confirmation: boolean;
	readonly blockers: readonly Blocker[];
}

export interface EvidenceQuestion {
	readonly predecessor_kid: string;
	readonly successor_kid: string | null;
	/** The first use of the new secret at any source. */
	readonly successor_used_at: Date | null;
	/** When the old secret ends regardless of the evidence; null if not set yet. */
	readonly old_ends_at: Date | null;
	/** How far the counts are complete: silence counts only up to there, not up to the current time. */
	readonly usage: UsageSeen;
	/** By source. */
	readonly confirmations: ReadonlyMap<string, Confirmation>;
	/** All requests of the key are refused, so the absence of uses is no evidence. */
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

/** The required silence of a source, in milliseconds, from the longest gap between two of its uses. */
export function silenceNeeded(use: Pick<Use, "gap_ms" | "gap_before_ms">): number {
	return Math.max(SILENCE_MS_MIN, GAPS_OF_SILENCE * Math.max(use.gap_ms, use.gap_before_ms));
}

/** The name that a member gave to the source, or else its client and network. */
export function sourceLabel(source: AssessedSource["source"]): string {
	if (source.name !== null) return source.name;
	if (source.source_id === OTHER_SOURCES.id) return "other sources";
	const known = source.network === UNKNOWN_NETWORK ? "an unknown address" : source.network;
	return `${source.client ?? source.agent} at ${known}`;
}

/** Assesses for each source of a key's two secrets whether the old one is still needed there. A pure function of aggregated usage. */
export function assessEvidence(rows: readonly SecretSource[], question: EvidenceQuestion): Evidence {
	const bySource = Map.groupBy(rows, (row) => row.source_id);
	const sources = [...bySource.values()].flatMap((seen) => assessSource(seen, question) ?? []);
	const blockers = sources.flatMap((source) => source.blocker ?? []);
	const by_confirmation = sources.some((source) => source.confirmed);
	const { successor_used_at, usage } = question;
	if (successor_used_at === null) blockers.unshift({ code: "not_deployed", detail: "The new secret has not been used yet." });
	// No source is known to use the old secret, but counts may lag: wait for the minimum silence after the new secret's first use.
	else if (
		blockers.length === 0 &&
		!by_confirmation &&
		Math.max(successor_used_at.getTime(), usage.gaps_until_ms) + SILENCE_MS_MIN > seenUntil(question)
	)
		blockers.push(JUST_DEPLOYED);
	if (question.key_ended) blockers.unshift(KEY_ENDED);
	return { sources, all_moved: blockers.length === 0, by_confirmation, blockers };
}

/** The instant up to which the counts are complete, in Unix milliseconds. */
function seenUntil({ usage, now }: EvidenceQuestion): number {
	return Math.min(now, usage.until_ms);
}

function getUse(seen: readonly SecretSource[], kid: string | null): (SecretSource & { last_seen_at: Date; first_seen_at: Date }) | null {
	const row = seen.find((use) => use.kid === kid);
	if (!row || row.last_seen_at === null || row.first_seen_at === null) return null;
	return { ...row, last_seen_at: row.last_seen_at, first_seen_at: row.first_seen_at };
}

function assessSource(seen: readonly SecretSource[], question: EvidenceQuestion): AssessedSource | null {
	const [first] = seen;
	const used = getUse(seen, question.predecessor_kid);
	const old = used !== null && used.last_seen_at.getTime() > question.now - EVIDENCE_KEPT_MS ? used : null;
	const successor = getUse(seen, question.successor_kid);
	if (!first || (old === null && successor === null)) return null;
	const { source_id, network, agent, client, name } = first;
	const source = { source_id, network, agent, client, name };
	const confirmation = question.confirmations.get(source_id) ?? null;
	const about = { source, old, new: successor, not_told_apart: findAmbiguity(source), confirmation, confirmed: false };
	if (old === null) return { ...about, moved: true, waits_until: null, blocker: null };
	const { waits_until, waits_for } = assessWait(about.not_told_apart, old, successor, question);
	if (waits_for === null) return { ...about, moved: true, waits_until, blocker: null };
	if (confirmation !== null && !isVoid(confirmation, old.last_seen_at)) {
		return { ...about, moved: true, confirmed: true, waits_until: confirmation.confirmed_at, blocker: null };
	}
	const blocker = { code: waits_for.code, detail: `${sourceLabel(source)}: ${waits_for.detail}`, source_id };
	return { ...about, moved: false, waits_until, blocker };
}

interface Wait {
	readonly waits_until: Date | null;
	/** Null: the evidence shows that the old secret is no longer needed there. */
	readonly waits_for: Pick<Blocker, "code" | "detail"> | null;
}

/** What is missing before a source that has used the old secret counts as moved; ignores confirmations. */
function assessWait(
	not_told_apart: Ambiguity | null,
	old: Use & { last_seen_at: Date },
	successor: (Use & { first_seen_at: Date }) | null,
	question: EvidenceQuestion,
): Wait {
	const { old_ends_at, now } = question;
	if (not_told_apart !== null) {
		const code = not_told_apart === "network_unknown" ? "address_unknown" : "sources_not_told_apart";
		const detail = `the old secret was used there. ${formatAmbiguity(not_told_apart)} A person must confirm that everything there has the new secret.`;
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

/** Whether a person may confirm that a source has moved: only where evidence cannot show it. */
export function mayBeConfirmed({ old, not_told_apart, blocker, confirmed }: AssessedSource): boolean {
	return old !== null && (confirmed || not_told_apart !== null || blocker?.code === "too_few_sightings");
}
