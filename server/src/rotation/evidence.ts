import type { SecretSource } from "../usage/evidence-store.ts";
import type { UsageSeen } from "../usage/progress-store.ts";
import { OTHER_SOURCES, UNKNOWN_SOURCE } from "../usage/source.ts";

/** However often a source is heard of, so long it must be silent: what nodes have counted and not yet written (a second or two) is within it. */
export const SILENCE_MS_MIN = 60_000;
/** A source that is silent for as many of its longest usual gaps is taken for moved. */
export const GAPS_OF_SILENCE = 3;
/** Fewer tell nothing of what is usual. */
export const SIGHTINGS_MIN = 3;
/** Who has not used the old secret for so long does not count any more. */
export const EVIDENCE_KEPT_MS = 90 * 86_400_000;

export const BLOCKER_CODES = [
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
export interface JudgedSource {
	readonly source: Pick<SecretSource, "source_id" | "network" | "agent" | "client" | "name">;
	readonly old: Use | null;
	readonly new: Use | null;
	/** Nothing there needs the old secret any more. */
	readonly moved: boolean;
	/** When it will have moved, or when it does not matter any more, if nothing else is seen; null when that is not known. */
	readonly waits_until: Date | null;
	readonly blocker: Blocker | null;
}

export interface Evidence {
	readonly sources: readonly JudgedSource[];
	readonly all_moved: boolean;
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
	readonly now: number;
}

const JUST_DEPLOYED: Blocker = {
	code: "not_silent_long_enough",
	detail: "The new secret was used for the first time a moment ago: what used the old one until then may not be known yet.",
};

const NOT_REPORTED = "uses the new secret; a server has not reported yet whether the old one was used there since.";

/** How long a source must be silent on a secret, by how long it was silent between two uses. Milliseconds. */
export function silenceNeeded(use: Pick<Use, "gap_ms" | "gap_before_ms">): number {
	return Math.max(SILENCE_MS_MIN, GAPS_OF_SILENCE * Math.max(use.gap_ms, use.gap_before_ms));
}

/** What a source is called: as a member named it, or by what is known of it. */
export function sourceLabel(source: JudgedSource["source"]): string {
	if (source.name !== null) return source.name;
	if (source.source_id === OTHER_SOURCES.id) return "other sources";
	const known = source.network === UNKNOWN_SOURCE.network ? "an unknown address" : source.network;
	return `${source.client ?? source.agent} at ${known}`;
}

/** What every source of a key's two secrets tells of whether the old one is still needed there. Pure: settled usage in, judgement out. */
export function judge(rows: readonly SecretSource[], question: EvidenceQuestion): Evidence {
	const bySource = Map.groupBy(rows, (row) => row.source_id);
	const sources = [...bySource.values()].flatMap((seen) => judgeSource(seen, question) ?? []);
	const blockers = sources.flatMap((source) => source.blocker ?? []);
	const { successor_used_at, usage } = question;
	if (successor_used_at === null) blockers.unshift({ code: "not_deployed", detail: "The new secret has not been used yet." });
	// Nobody is known to use the old one; whoever did at that moment would be known of by the end of the silence that others have to keep.
	else if (blockers.length === 0 && Math.max(successor_used_at.getTime(), usage.gaps_until_ms) + SILENCE_MS_MIN > seenUntil(question))
		blockers.push(JUST_DEPLOYED);
	return { sources, all_moved: blockers.length === 0, blockers };
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

function judgeSource(seen: readonly SecretSource[], question: EvidenceQuestion): JudgedSource | null {
	const [first] = seen;
	const used = useOf(seen, question.predecessor_kid);
	const old = used !== null && used.last_seen_at.getTime() > question.now - EVIDENCE_KEPT_MS ? used : null;
	const successor = useOf(seen, question.successor_kid);
	if (!first || (old === null && successor === null)) return null;
	const { source_id, network, agent, client, name } = first;
	const source = { source_id, network, agent, client, name };
	if (old === null) return { source, old, new: successor, moved: true, waits_until: null, blocker: null };
	const waiting = (code: BlockerCode, detail: string, waits_until: Date | null): JudgedSource => ({
		...{ source, old, new: successor, moved: false, waits_until },
		blocker: { code, detail: `${sourceLabel(source)}: ${detail}`, source_id },
	});
	const { old_ends_at } = question;
	if (source_id === OTHER_SOURCES.id) {
		return waiting(
			"sources_not_told_apart",
			"the key is used from too many places to tell these apart, and the old secret was used there.",
			old_ends_at,
		);
	}
	if (network === UNKNOWN_SOURCE.network) {
		return waiting(
			"address_unknown",
			"the old secret was used without a known address, so nobody can tell whether all of them have moved.",
			old_ends_at,
		);
	}
	if (successor === null) return waiting("old_secret_only", "still uses the old secret.", null);
	if (old.sightings < SIGHTINGS_MIN) {
		return waiting("too_few_sightings", "uses the new secret, but was seen too rarely before to tell whether all of it has moved.", old_ends_at);
	}
	const silent_since = Math.max(old.last_seen_at.getTime(), successor.first_seen_at.getTime(), question.usage.gaps_until_ms);
	const waits_until = new Date(silent_since + silenceNeeded(old));
	if (waits_until.getTime() > seenUntil(question)) {
		if (waits_until.getTime() <= question.now) return waiting("not_silent_long_enough", NOT_REPORTED, waits_until);
		return waiting("not_silent_long_enough", "uses the new secret; the old one must be silent there for longer first.", waits_until);
	}
	return { source, old, new: successor, moved: true, waits_until, blocker: null };
}
