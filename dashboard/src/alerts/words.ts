import { formatNetwork, formatProgram } from "../keys/text.ts";
import { ENVIRONMENT_WORDS, ENVIRONMENTS } from "../keys/words.ts";
import { formatCount, formatSize } from "../plans/meter.ts";
import type { Meaning } from "../ui/theme.ts";
import { exactTime, formatDate, relativeTime } from "../ui/time-words.ts";
import { formatReason } from "../usage/outcomes.ts";
import type { Alert, RuleName } from "./queries.ts";

/** A sentence; names in it are set apart, because they may be written from right to left. */
export type Sentence = readonly (string | { readonly name: string })[];

interface Described {
	readonly alert: Alert;
	/** Whether the alert is resolved: what it is about is then in the past. */
	readonly over: boolean;
	readonly now_ms: number;
}

interface Words {
	readonly title: (described: Described) => Sentence;
	readonly detail: (described: Described) => Sentence;
	/** What a person does about it. */
	readonly todo: string;
}

/** Alerts of these rules mean that something is refused, or known to others. */
const SEVERE: readonly RuleName[] = ["canary_used", "key_exposed", "dead_key_presented", "failures_jump"];

export function isSevere({ rule }: Pick<Alert, "rule">): boolean {
	return SEVERE.includes(rule);
}

export function alertMeaning(alert: Pick<Alert, "rule" | "status">): Meaning {
	if (alert.status === "resolved") return "resting";
	return isSevere(alert) ? "ended" : "attention";
}

/** The most severe first, of these the newest; an acknowledged one keeps its place. */
export function sortAlerts(alerts: readonly Alert[]): Alert[] {
	return [...alerts].sort((a, b) => Number(isSevere(b)) - Number(isSevere(a)) || Date.parse(b.raised_at) - Date.parse(a.raised_at));
}

function textOf(alert: Alert, fact: string): string | null {
	const value = alert.evidence[fact];
	return value === undefined || value === null || value === "" ? null : String(value);
}

function numberOf(alert: Alert, fact: string): number {
	return Number(alert.evidence[fact] ?? 0);
}

const named = (alert: Alert): { readonly name: string } => ({ name: textOf(alert, "name") ?? "A key" });
const times = (amount: number): string => (amount === 1 ? "once" : `${formatCount(amount)} times`);

/** The last client: "by Backup host, 10.4.2.0/24". Empty if it is not known. */
function byClient(alert: Alert): Sentence {
	const source = textOf(alert, "source");
	const network = textOf(alert, "network");
	if (source === null && network === null) return [];
	return [", last by ", { name: formatProgram(source ?? "other") }, ...(network === null ? [] : [`, ${formatNetwork(network)}`])];
}

const SEEN_IN: Readonly<Record<string, string>> = {
	browser: "used from a browser",
	app: "used from an app",
	url: "sent in a URL",
	body: "sent in a request body",
	cookie: "sent in a cookie",
	authorization: "sent in the Authorization header",
	plain_http: "sent over plain HTTP",
	reported: "found and reported",
};

const LIMITS: Readonly<Record<string, string>> = {
	quota: "requests of this month",
	api_keys: "keys",
	sites: "sites",
	documents: "documents",
	storage_bytes: "of storage",
};

function limitTitle({ alert, over }: Described): Sentence {
	const { key, budget, unit } = alert.evidence;
	const name = String(alert.evidence.name);
	const format = name === "storage_bytes" ? formatSize : formatCount;
	const spent = `${format(numberOf(alert, "used"))} of ${format(numberOf(alert, "max"))}`;
	const used = over ? "were used" : "are used";
	if (name === "budget") return [`${spent} ${unit} of the budget ${budget} of `, { name: String(key) }, ` ${used}`];
	return [`${spent} ${LIMITS[name] ?? "a limit"} ${used}`];
}

function unusedTitle({ alert, now_ms }: Described): Sentence {
	const last = textOf(alert, "last_used_at");
	return last === null ? [named(alert), " was never used"] : [named(alert), ` was last used ${relativeTime(last, now_ms)}`];
}

/** The title about a date: relative while the alert is open, the date itself afterwards. */
function dated(fact: string, words: { readonly coming: string; readonly past: string; readonly over: string }) {
	return ({ alert, over, now_ms }: Described): Sentence => {
		const at = textOf(alert, fact);
		if (at === null) return [alert.summary];
		if (over) return [named(alert), ` ${words.over} on ${formatDate(at, now_ms)}`];
		return [named(alert), ` ${Date.parse(at) > now_ms ? words.coming : words.past} ${relativeTime(at, now_ms)}`];
	};
}

function onDate(fact: string, follows: string) {
	return ({ alert }: Described): Sentence => {
		const at = textOf(alert, fact);
		return at === null ? [follows] : [`On ${exactTime(at)}. ${follows}`];
	};
}

const WORDS: Readonly<Record<RuleName, Words>> = {
	failures_jump: {
		title: ({ alert }) => [`${formatCount(numberOf(alert, "requests"))} requests were refused in ${numberOf(alert, "minutes")} minutes`],
		detail: ({ alert }) => {
			const [code, name] = [textOf(alert, "code"), textOf(alert, "name")];
			return [
				`Usual are ${formatCount(numberOf(alert, "usual"))}.`,
				...(code === null ? [] : [` Most often: ${formatReason(code).toLowerCase()}`, ...(name === null ? ["."] : [", with ", { name }, "."])]),
			];
		},
		todo: "Look at what is refused and from where. Often a server has an old key, or was given one of another environment.",
	},
	dead_key_presented: {
		title: ({ alert, over }) => {
			const last4 = textOf(alert, "last4");
			return [`Ended key${last4 === null ? "" : ` …${last4}`} of `, named(alert), over ? " was still presented" : " is still presented"];
		},
		detail: ({ alert }) => [`Refused ${times(alert.count)}`, ...byClient(alert), "."],
		todo: "Give that program the new key, or stop it. If you do not know it, the key may be in hands that it was not meant for.",
	},
	key_expiring: {
		title: dated("expires_at", { coming: "ends", past: "ended", over: "was to end" }),
		detail: onDate("expires_at", "Every request with it is refused from then on."),
		todo: "Give it a later end, or replace it before that date.",
	},
	rotation_due: {
		title: dated("rotation_due_at", { coming: "is to be replaced", past: "was to be replaced", over: "was to be replaced" }),
		detail: onDate("rotation_due_at", "Nothing stops by itself at that date."),
		todo: "Replace it while the old and the new key both work.",
	},
	new_source: {
		title: ({ alert, over }) => [named(alert), over ? " was used from a new client" : " is used from a new client"],
		detail: ({ alert }) => {
			const fresh = numberOf(alert, "new_sources");
			return [fresh > 1 ? `${fresh} new ones in a day` : "The first one in a day", ...byClient(alert), "."];
		},
		todo: "If you know it, give it a name. If you do not, replace the key.",
	},
	limit_near: {
		title: limitTitle,
		detail: ({ alert }) => [
			alert.evidence.name === "budget"
				? "When all of it is used, requests of the key are refused until the budget refills, if it does."
				: alert.evidence.name === "quota"
					? "When all are used, requests are refused until the month is over."
					: "When all is used, nothing can be added. What exists goes on working.",
		],
		todo: "Remove what is not needed, or ask for a larger plan.",
	},
	key_unused: {
		title: unusedTitle,
		detail: () => ["What nothing uses is better revoked: then nothing can be done with it if it is found."],
		todo: "Revoke it, or pause it if you are not sure.",
	},
	responsible_left: {
		title: ({ alert }) => [named(alert), " has lost its responsible person"],
		detail: ({ alert }) => {
			const name = textOf(alert, "responsible");
			return [...(name === null ? ["That person"] : [{ name }]), " has left the team."];
		},
		todo: "Name another person who looks after it.",
	},
	key_exposed: {
		title: ({ alert }) => [named(alert), ` was ${SEEN_IN[String(alert.evidence.kind)] ?? "seen where others can read it"}`],
		detail: ({ alert }) => [`Seen ${times(alert.count)}`, ...byClient(alert), ". Others may be able to read it there."],
		todo: "Replace it, and take it out of that place. The alert ends when every exposed key is replaced or has ended.",
	},
	canary_used: {
		title: ({ alert }) => ["The canary key ", named(alert), " was used"],
		detail: ({ alert }) => [`Presented ${times(alert.count)}`, ...byClient(alert), ". It was refused like an unknown key."],
		todo: "The place where it is kept was read by a person or program that should not use it. Replace everything else that is kept there.",
	},
	webhook_failing: {
		title: ({ alert, over }) => {
			const name = { name: textOf(alert, "name") ?? "a receiver" };
			if (textOf(alert, "disabled") !== null) return ["The webhook at ", name, " was disabled"];
			return ["The webhook at ", name, over ? " accepted nothing" : " accepts nothing"];
		},
		detail: ({ alert }) => {
			const since = textOf(alert, "failing_since");
			if (textOf(alert, "disabled") !== null) return ["Nothing is sent to it until it is enabled again."];
			return [`${since === null ? "" : `Since ${exactTime(since)}. `}Each event is attempted again for about a day.`];
		},
		todo: "Look at what the receiver responds, then enable the webhook or send a test event.",
	},
};

/** Whether the alert stands for what was too much to be raised one by one. */
function isRest(alert: Alert): boolean {
	return alert.evidence.subjects !== undefined;
}

function describe(alert: Alert, now_ms: number): Described {
	return { alert, over: alert.status === "resolved", now_ms };
}

/** What is the matter, without a full stop. */
export function alertTitle(alert: Alert, now_ms: number): Sentence {
	return isRest(alert) ? [alert.summary] : WORDS[alert.rule].title(describe(alert, now_ms));
}

/** What is known about it, how often and from where. */
export function alertDetail(alert: Alert, now_ms: number): Sentence {
	if (!isRest(alert)) return WORDS[alert.rule].detail(describe(alert, now_ms));
	const first = textOf(alert, "first");
	return [
		...(first === null ? [] : ["The first of them is ", { name: first }, ". "]),
		"Ten of a kind have alerts of their own; these are together in one.",
	];
}

export function alertTodo({ rule }: Alert): string {
	return WORDS[rule].todo;
}

export function sentenceText(sentence: Sentence): string {
	return sentence.map((part) => (typeof part === "string" ? part : part.name)).join("");
}

function environmentOf({ evidence }: Alert): string | null {
	const found = ENVIRONMENTS.find((environment) => environment === evidence.environment);
	return found === undefined ? null : ENVIRONMENT_WORDS[found].name;
}

/** Facts of the evidence that the panel lists, in its order. */
export function alertFacts(alert: Alert): { term: string; value: string }[] {
	const facts: [string, string | null][] = [
		["Client", textOf(alert, "source") === null ? null : formatProgram(String(alert.evidence.source))],
		["Network", textOf(alert, "network") === null ? null : formatNetwork(String(alert.evidence.network))],
		["Refused for", textOf(alert, "code") === null ? null : formatReason(String(alert.evidence.code))],
		["Operation", textOf(alert, "operation")],
		["Environment", environmentOf(alert)],
		["Responsible", textOf(alert, "responsible")],
	];
	return facts.flatMap(([term, value]) => (value === null ? [] : [{ term, value }]));
}
