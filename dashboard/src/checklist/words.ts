import type { Sentence } from "../alerts/words.ts";
import { formatNetwork, formatProgram } from "../keys/text.ts";
import { formatInstant, relativeTime } from "../ui/time-words.ts";
import { Facts } from "./facts.ts";
import type { Item, ItemName } from "./queries.ts";
import type { Shown } from "./search.ts";

export const TITLES: Readonly<Record<ItemName, string>> = {
	environments_separate: "Separate environments",
	integrations_separate: "Separate keys per integration",
	server_side_only: "Server-side only",
	rotation_scheduled: "Replacement scheduled",
	connectivity_automated: "Connection checked",
	revocation_rehearsed: "Revocation rehearsed",
	failures_monitored: "Failures monitored",
	least_privilege: "Least privilege",
	no_idle_keys: "No idle keys",
	responsible_present: "A responsible person",
	expiry_set: "An end is set",
	addresses_known: "Addresses known",
};

export const STATUS_WORDS: Readonly<Record<Shown, string>> = { not_met: "Not met", unknown: "Unknown", met: "Met" };

const figures = new Intl.NumberFormat("en");

interface Found {
	readonly item: Item;
	readonly key: { readonly name: string };
	readonly facts: Facts;
}
type Say = (found: Found) => Sentence;

const SEEN_IN: Readonly<Record<string, string>> = {
	browser: "was used from a browser",
	app: "was used from an app",
	reported: "was found in public and reported",
};
const STORED_IN: Readonly<Record<string, string>> = {
	secret_manager: "a secret manager",
	ci_variable: "a variable of the build",
	server_environment: "the server's environment",
	encrypted_configuration: "an encrypted configuration",
	other: "another place",
};

const times = (requests: number): string => (requests === 1 ? "once" : `${figures.format(requests)} times`);
const keysOf = (amount: number, noun = "key"): string => (amount === 1 ? `1 ${noun}` : `${figures.format(amount)} ${noun}s`);

/** "All 500 keys" of a tenant; of one key "It". */
function everyKey({ item: { evidence } }: Found, noun = "key"): string {
	if (evidence.keys === null) return "It";
	return evidence.keys.met === 1 ? `The only ${noun}` : `All ${keysOf(evidence.keys.met, noun)}`;
}

/** Says it of one key, or of all where it is one of several. */
const plural = ({ item: { evidence } }: Found, one: string, many: string): string => (evidence.keys === null || evidence.keys.met === 1 ? one : many);

/** What is said of the keys besides the one that is named. */
function others({ evidence: { keys }, status }: Item): string {
	if (keys === null || status === "met") return "";
	const rest = keys[status] - 1;
	if (rest <= 0) return "";
	const verb = rest === 1 ? ["is", "does"] : ["are", "do"];
	return status === "unknown"
		? ` ${keysOf(rest, "other key")} ${verb[0]} unknown too.`
		: ` ${keysOf(rest, "other key")} ${verb[1]} not meet it either.`;
}

const quiet: Say = ({ item, key }) =>
	item.evidence.keys !== null && item.evidence.keys.met > 0 && item.evidence.keys.unknown === 0
		? ["No key was used in 30 days, so nothing shows that these are the keys in use."]
		: [key, " was not used in 30 days, so nothing can be said."];
const unseenNetworks: Say = ({ key }) => ["It is not known from which networks ", key, " is used."];
const sharing: Say = ({ key, facts }) => {
	const other = facts.text("other");
	return [
		key,
		" is used from ",
		formatNetwork(facts.text("network") ?? "unknown"),
		" like ",
		{ name: other ?? "another key" },
		"; a network alone proves nothing.",
	];
};
const tooOld: Say = ({ facts }) => [`The last one was ${facts.ago("rehearsed_at")}. It counts for 180 days.`];

function storedIn({ facts, item }: Found): string {
	const places = item.evidence.facts.stored_in;
	const said = Array.isArray(places) ? places.map((place) => STORED_IN[place] ?? place) : [];
	if (item.evidence.keys !== null || facts.length("stored_in") === 0) return "";
	return ` Stored in ${said.join(", ")}, as a person said.`;
}

function unusedOf({ facts }: Found): string {
	const parts = [
		...(facts.length("permissions") === 0 ? [] : [facts.list("permissions")]),
		...(facts.length("sites") === 0 ? [] : [`the ${facts.length("sites") === 1 ? "site" : "sites"} ${facts.list("sites")}`]),
	];
	return parts.join(" and ");
}

const SENTENCES: Readonly<Record<ItemName, Readonly<Record<string, Say>>>> = {
	environments_separate: {
		separate: (found) => [everyKey(found, "production key"), plural(found, " shares", " share"), " no network with keys of other environments."],
		same_program: ({ key, facts }) => [
			key,
			" and ",
			{ name: facts.text("other") ?? "another key" },
			" are used by one program, ",
			{ name: facts.text("program") ?? "" },
			".",
		],
		same_network: sharing,
		networks_unknown: unseenNetworks,
		sites_unbound: ({ facts }) => [
			{ name: facts.text("site") ?? "A site" },
			facts.number("sites") > 1
				? ` and ${facts.number("sites") - 1} more do not say of which environment they are.`
				: " does not say of which environment it is.",
		],
		one_environment: () => ["Only production keys are used. Nothing shows that development has keys of its own."],
		quiet,
	},
	integrations_separate: {
		one_program: (found) => [everyKey(found), plural(found, " is used by one program.", " are used by one program each.")],
		several_programs: ({ key, facts }) => [
			key,
			` is used by ${facts.count("count")} unrelated programs: ${facts.list("programs", facts.number("count"))}.`,
		],
		not_told_apart: ({ key, facts }) => [key, ` is used by ${formatProgram(facts.text("program") ?? "other")}, which can be several programs.`],
		quiet,
	},
	server_side_only: {
		server_only: (found) => [everyKey(found), plural(found, " was", " were"), ` not seen in a browser or an app in 30 days.${storedIn(found)}`],
		used_outside: ({ key, facts }) => [
			key,
			` ${SEEN_IN[facts.text("kind") ?? ""] ?? "was seen outside of a server"} ${times(facts.number("requests"))}, first on ${facts.instant("first_at")}.`,
		],
		quiet,
	},
	rotation_scheduled: {
		scheduled: (found) => [everyKey(found), plural(found, " has a date", " have a date"), `; the next is ${found.facts.date("due_at")}.`],
		no_period: ({ key }) => [key, " has no date at which it is replaced."],
		overdue: ({ key, facts }) => [key, ` was to be replaced on ${facts.date("due_at")}.`],
	},
	connectivity_automated: {
		regular: (found) => [
			everyKey(found, "production key"),
			plural(found, " is", " are"),
			` checked regularly; last passed ${found.facts.ago("last_at")}.`,
		],
		never_checked: ({ key }) => [key, " is used, and its connection was never checked."],
		irregular: ({ key, facts }) => [key, ` is not checked regularly: on ${facts.number("days")} of 7 days, last ${facts.ago("last_at")}.`],
		new: ({ key }) => [key, " is younger than a week, and not checked regularly yet."],
		quiet,
	},
	revocation_rehearsed: {
		rehearsed: ({ facts }) => [
			`Every node had confirmed after ${facts.count("acknowledged_ms")} ms. Confirmed by `,
			{ name: facts.text("confirmed_by") ?? "a person" },
			`; counts until ${facts.date("valid_until")}.`,
		],
		too_old: tooOld,
		never: () => ["Not rehearsed yet. It takes a moment and touches no key in use."],
		not_confirmed: ({ facts }) => [
			`Rehearsed ${facts.ago("rehearsed_at")}; every node had confirmed after ${facts.count("acknowledged_ms")} ms. A person has to confirm it.`,
		],
	},
	failures_monitored: {
		tested: ({ facts }) => [
			`A test alert was delivered on ${facts.date("delivered_at")}.`,
			...(facts.text("acknowledged_by") === null
				? []
				: [" Last acknowledged by ", { name: facts.text("acknowledged_by") ?? "" }, `, ${facts.ago("acknowledged_at")}.`]),
		],
		off: () => ["The rules that watch refused requests are off."],
		reaches_no_one: () => ["An alert would reach no one: no webhook receives alerts, and no recipient has a proven address."],
		not_delivered: ({ facts }) => [`The test alert of ${facts.date("tested_at")} was not delivered.`],
		too_old: ({ facts }) => [`The last test alert was delivered ${facts.ago("delivered_at")}. It counts for 180 days.`],
		never_tested: () => ["The rules are on. That an alert arrives was never tested."],
		waiting: ({ facts }) => [`A test alert was sent ${facts.ago("tested_at")}, and is not delivered yet.`],
	},
	least_privilege: {
		all_used: (found) => [everyKey(found), plural(found, " uses all that it may do.", " use all that they may do.")],
		more_than_used: (found) => [found.key, ` did not need ${unusedOf(found)} in 30 days.${found.facts.replayed}`],
		new: (found) => [found.key, ` is younger than 30 days. It has not used ${unusedOf(found)} yet.`],
		not_known: (found) => [found.key, ` may not need ${unusedOf(found)}: what some of its requests needed is not known.`],
		overflowed: ({ key }) => [key, " made too many kinds of requests to know each of them."],
		quiet,
	},
	no_idle_keys: {
		used: ({ key, facts }) => [
			`Longest silence: ${facts.number("days") === 0 ? "under a day" : keysOf(facts.number("days"), "day")}, `,
			key,
			`. The limit is ${facts.number("limit_days")}.`,
		],
		idle: ({ key, facts }) => [key, ` was not used for ${keysOf(facts.number("days"), "day")}. The limit is ${facts.number("limit_days")}.`],
		never_used: ({ key, facts }) => [key, ` was never used in ${keysOf(facts.number("days"), "day")}.`],
		not_used_yet: ({ key }) => [key, " was not used yet."],
		quiet,
	},
	responsible_present: {
		member: (found) => [everyKey(found), plural(found, " has", " have"), " a member who is responsible."],
		left: ({ key, facts }) => [key, ": ", { name: facts.text("responsible") ?? "that person" }, " has left the team."],
		not_a_member: ({ key, facts }) => [key, ": ", { name: facts.text("responsible") ?? "the person" }, " is a name, and no member of the team."],
		quiet,
	},
	expiry_set: {
		has_end: (found) => [everyKey(found, "production key"), plural(found, " ends", " end"), `; the last on ${found.facts.date("expires_at")}.`],
		no_end: ({ key }) => [key, " has no end."],
		quiet,
	},
	addresses_known: {
		bound: (found) => [everyKey(found, "production key"), plural(found, " works", " work"), " from chosen addresses only."],
		any_address: ({ key, facts }) => [key, ` works from any address. It was used from ${facts.list("networks", facts.number("count"))}.`],
		networks_unknown: unseenNetworks,
		quiet,
	},
};

/** What was found, as one sentence; names keep their own direction. */
export function formatEvidence(item: Item, now_ms: number): Sentence {
	const { reason, key } = item.evidence;
	if (reason === "no_keys") return ["There is no key that it is about."];
	const say = SENTENCES[item.item][reason] ?? (reason === "quiet" ? quiet : undefined);
	if (say === undefined) return ["The server says something that this page does not know. Reload it."];
	const rest = others(item);
	return [...say({ item, key: { name: key?.name ?? "A key" }, facts: new Facts(item, now_ms) }), ...(rest === "" ? [] : [rest])];
}

const NAME_CHARACTERS_MAX = 60;

/** The same with long names cut, so that what is said of them can be read. */
export function withShortNames(sentence: Sentence): Sentence {
	return sentence.map((part) => {
		if (typeof part === "string" || part.name.length <= NAME_CHARACTERS_MAX) return part;
		return { name: `${[...part.name].slice(0, NAME_CHARACTERS_MAX).join("")}…` };
	});
}

/** "since 22 Nov"; of what is not known, when something was last seen. */
export function formatWhen({ status, since, observed_at }: Item, now_ms: number): string {
	if (status === "unknown") return observed_at === null ? "never seen" : `seen ${relativeTime(observed_at, now_ms)}`;
	return `since ${formatInstant(since, now_ms)}`;
}
