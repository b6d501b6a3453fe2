import type { Meaning } from "../ui/theme.ts";
import { DAY_MS } from "../ui/time-units.ts";
import { exactTime } from "../ui/time-words.ts";
import { getRefusals, type UsageRow } from "../usage/buckets.ts";
import { formatReason } from "../usage/outcomes.ts";
import { formatCall } from "./clients/found.ts";
import { type DeadUse, formatToday, getDeadSecrets } from "./dead-words.ts";
import { expiryDue, replacementDue } from "./due-words.ts";
import type { ApiKey, Source } from "./queries.ts";
import { formatWhatNext } from "./schedule-words.ts";
import { formatNetwork } from "./text.ts";
import { getDates } from "./words.ts";

/** Where a matter leads: a tab, with its filter, or an action on the key. */
export type WayOnward =
	| { readonly to: "refusals"; readonly code?: string; readonly label: string }
	| { readonly to: "clients"; readonly show?: "ambiguous"; readonly label: string }
	| { readonly to: "later-end" | "replace"; readonly label: string };

/** One thing about a key that needs a person: one fact and one way on. */
export interface Matter {
	readonly id: string;
	readonly meaning: Meaning;
	/** Whether its shape is two crossing rings instead of the meaning's. */
	readonly rings?: true;
	readonly title: string;
	readonly text: string;
	readonly way: WayOnward | null;
}

/** The fields of a key that tell whether it needs a person. */
export type KeyOfMatters = Pick<ApiKey, "status" | "secrets" | "expires_at" | "rotation_due_at" | "auto_rotate" | "last_used_at"> & {
	readonly rotation: object | null;
};

interface Facts {
	readonly apiKey: KeyOfMatters;
	readonly sources: readonly Source[];
	readonly dead: readonly DeadUse[];
	/** Usage of the last 24 hours. */
	readonly rows: readonly UsageRow[];
	readonly now_ms: number;
}

const UNUSED_DAYS = 30;
const count = new Intl.NumberFormat("en");

/** Everything that needs a person, the worst first. */
export function getMatters(facts: Facts): Matter[] {
	return [
		...deadMatters(facts),
		...stateMatters(facts),
		...endMatters(facts),
		...refusalMatters(facts),
		...replacementMatters(facts),
		...clientMatters(facts),
	];
}

/** Ended secrets that were presented within a day. */
function deadMatters({ apiKey, dead, now_ms }: Facts): Matter[] {
	return getDeadSecrets(dead, apiKey).flatMap(({ kid, kind, last4, uses }) => {
		const fresh = uses.filter((use) => now_ms - Date.parse(use.last_seen_at) < DAY_MS);
		const [first] = fresh;
		if (first === undefined) return [];
		const today = fresh.reduce((sum, { requests_today }) => sum + requests_today, 0);
		const others = fresh.length === 1 ? "" : ` and ${fresh.length - 1} more`;
		const what = kind === "revoked" || kind === "expired" ? "This key" : "Old key";
		return [
			{
				id: `dead-${kid}`,
				meaning: "ended",
				title: `${what}${last4 === "" ? "" : ` …${last4}`} is still presented`,
				text: `${formatToday(today)} by ${formatCall(first)}, ${formatNetwork(first.network)}${others}. Refused each time.`,
				way: { to: "refusals", label: "Show who presents it" },
			},
		];
	});
}

/** States in which the key lets nothing through; the end has matters of its own. */
function stateMatters({ apiKey }: Facts): Matter[] {
	if (apiKey.status === "paused")
		return [{ id: "paused", meaning: "resting", title: "It is paused", text: "Every request with it is refused until it is resumed.", way: null }];
	if (apiKey.status === "active" && apiKey.secrets.length === 0)
		return [{ id: "unrevealed", meaning: "attention", title: "It has not been revealed yet", text: "So nothing can use it.", way: null }];
	return [];
}

function endMatters({ apiKey, now_ms }: Facts): Matter[] {
	const { expires_at } = getDates(apiKey);
	const due = expiryDue(expires_at, now_ms);
	if (due === null || expires_at === null) return [];
	const way = { to: "later-end", label: "Give it a later end" } as const;
	const of = { id: "end", meaning: due.meaning, way };
	if (due.nearness === "over") {
		const text = `It ended on ${exactTime(expires_at)}; every request with it is refused since. With a later end the same key works again, where it is.`;
		return [{ ...of, title: `This key expired ${due.short}`, text }];
	}
	const used = apiKey.last_used_at === null ? " It was never used." : "";
	return [{ ...of, title: `This key stops working ${due.short}`, text: `From ${exactTime(expires_at)} on every request with it is refused.${used}` }];
}

/** The most frequent reason of a refusal. Refusals of ended secrets have a matter of their own. */
function refusalMatters({ apiKey, rows }: Facts): Matter[] {
	if (apiKey.status === "revoked" || apiKey.status === "expired") return [];
	const refusals = getRefusals(rows).filter(({ code }) => !["key_rotated", "key_revoked", "key_expired", "key_paused"].includes(code));
	const [most] = refusals;
	if (most === undefined) return [];
	const times = most.requests === 1 ? "once" : `${count.format(most.requests)} times`;
	return [
		{
			id: "refused",
			meaning: "attention",
			title: `Refused ${times} in 24 hours`,
			text: `${formatReason(most.code)}.${refusals.length === 1 ? "" : ` And for ${refusals.length - 1} other ${refusals.length === 2 ? "reason" : "reasons"}.`}`,
			way: { to: "refusals", code: most.code, label: "Show these requests" },
		},
	];
}

function replacementMatters({ apiKey, now_ms }: Facts): Matter[] {
	const { rotation_due_at } = getDates(apiKey);
	const due = apiKey.rotation === null ? replacementDue(rotation_due_at, now_ms) : null;
	if (due === null) return [];
	return [
		{
			id: "replacement",
			meaning: due.meaning,
			title: due.nearness === "over" ? `Replacing this key is ${due.short}` : `This key is to be replaced ${due.short}`,
			text: formatWhatNext(apiKey.auto_rotate, due.nearness === "over"),
			way: { to: "replace", label: "Replace this key" },
		},
	];
}

function clientMatters({ apiKey, sources, now_ms }: Facts): Matter[] {
	if (apiKey.status === "revoked" || apiKey.status === "expired") return [];
	const found: Matter[] = [];
	const { last_used_at } = apiKey;
	const unused_days = last_used_at === null ? 0 : Math.floor((now_ms - Date.parse(last_used_at)) / DAY_MS);
	if (unused_days >= UNUSED_DAYS) {
		const text = "What nothing uses is better revoked: then nothing can be done with it if it is found.";
		found.push({ id: "unused", meaning: "coming", title: `Not used for ${unused_days} days`, text, way: null });
	}
	const mixed = sources.filter(({ told_apart }) => !told_apart).length;
	if (mixed > 0) {
		found.push({
			id: "ambiguous",
			meaning: "attention",
			rings: true,
			title: `${mixed} of ${sources.length} ${sources.length === 1 ? "client" : "clients"} cannot be distinguished`,
			text: "A replacement will wait for you to confirm them.",
			way: { to: "clients", show: "ambiguous", label: "See which" },
		});
	}
	return found;
}
