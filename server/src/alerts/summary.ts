import { type Evidence, THE_REST } from "./alert.ts";
import type { RuleName } from "./rule.ts";

type Summarize = (evidence: Evidence) => string;

const named = (evidence: Evidence): string => String(evidence.name ?? "A key");

const DAY = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" });
const MINUTE = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short", timeZone: "UTC" });

/** Formats a time of the evidence. */
function formatTime(format: Intl.DateTimeFormat, time: string | number | null | undefined): string {
	const date = new Date(time ?? Number.NaN);
	return Number.isNaN(date.getTime()) ? "an unknown time" : format.format(date);
}

const day = (time: string | number | null | undefined): string => formatTime(DAY, time);

const SEEN_IN: Readonly<Record<string, string>> = {
	browser: "was used from a browser",
	app: "was used from an app",
	url: "was sent in a URL",
	body: "was sent in a request body",
	cookie: "was sent in a cookie",
	authorization: "was sent in the Authorization header",
	plain_http: "was sent over plain HTTP",
	reported: "was found and reported",
};

const LIMITS: Readonly<Record<string, string>> = {
	quota: "requests of this month",
	api_keys: "API keys",
	sites: "sites",
	documents: "documents",
	storage_bytes: "bytes of storage",
};

/** What became of the link that the schedule makes. */
const NOT_REPLACED: Readonly<Record<string, string>> = {
	not_mailed: "no mail server accepted the link",
	recipient_gone: "the recipient of the link may not use it any more",
	refused: "its replacement could not begin",
	unclaimed: "the link for it expired unused",
	cancelled: "its replacement was cancelled",
};

function summarizeRotationDue(evidence: Evidence): string {
	const reason = NOT_REPLACED[String(evidence.reason)];
	const due = day(evidence.rotation_due_at);
	return reason === undefined ? `${named(evidence)} is to be replaced by ${due}` : `${named(evidence)} was to be replaced on ${due}, but ${reason}`;
}

function summarizeUnused(evidence: Evidence): string {
	return evidence.last_used_at === null
		? `${named(evidence)} has never been used`
		: `${named(evidence)} was last used on ${day(evidence.last_used_at)}`;
}

function summarizeLimit({ name, key, budget, unit, used, max }: Evidence): string {
	if (name === "budget") return `${used} of ${max} ${unit} of the budget ${budget} of ${key} are used`;
	return `${used} of ${max} ${LIMITS[String(name)] ?? "of a limit"} are used`;
}

function summarizeWebhook({ name, disabled, failing_since }: Evidence): string {
	return disabled === null
		? `The webhook at ${name} has accepted nothing since ${formatTime(MINUTE, failing_since)} UTC`
		: `The webhook at ${name} was disabled, because it failed`;
}

/** One sentence for people, without a full stop. */
const SUMMARIES: Readonly<Record<RuleName, Summarize>> = {
	failures_jump: ({ requests, minutes, usual }) => `${requests} requests were refused in ${minutes} minutes; usual are ${usual}`,
	dead_key_presented: (evidence) => `An ended key of ${named(evidence)} is still presented`,
	key_expiring: (evidence) => `${named(evidence)} expires on ${day(evidence.expires_at)}`,
	rotation_due: summarizeRotationDue,
	new_source: (evidence) => `${named(evidence)} is used from a new place`,
	limit_near: summarizeLimit,
	key_unused: summarizeUnused,
	responsible_left: (evidence) => `The person responsible for ${named(evidence)} has left`,
	key_exposed: (evidence) => `${named(evidence)} ${SEEN_IN[String(evidence.kind)] ?? "was seen where it must not be"}`,
	canary_used: (evidence) => `The canary key ${named(evidence)} was used`,
	webhook_failing: summarizeWebhook,
};

/** The same for what was too much to be raised one by one. */
const SUMMARIES_OF_REST: Readonly<Record<RuleName, string>> = {
	failures_jump: "more tenants have more refusals than usual",
	dead_key_presented: "more keys that have ended are still presented",
	key_expiring: "more keys expire soon",
	rotation_due: "more keys are to be replaced",
	new_source: "more keys are used from new places",
	limit_near: "more limits are nearly used up",
	key_unused: "more keys are not used",
	responsible_left: "more keys have lost their responsible person",
	key_exposed: "more keys were seen where they must not be",
	canary_used: "more canary keys were used",
	webhook_failing: "more webhooks fail",
};

/** What an alert is about, in one sentence without a full stop. Names are as they were when it was found. */
export function summarize({ rule, subject, evidence }: { rule: RuleName; subject: string; evidence: Evidence }): string {
	return subject === THE_REST ? `At least ${evidence.subjects} ${SUMMARIES_OF_REST[rule]}` : SUMMARIES[rule](evidence);
}
