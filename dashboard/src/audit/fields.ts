import { ROLE_WORDS, ROLES } from "../access/roles.ts";
import { getSchedule, SCHEDULES } from "../keys/schedule-words.ts";
import { ENVIRONMENT_WORDS, ENVIRONMENTS, REASONS } from "../keys/words.ts";
import { nameFrom } from "../plans/capability-words.ts";
import { exactTime } from "../ui/time-words.ts";

/** Plain names of the fields in `before` and `after`. */
const NAMES: Readonly<Record<string, string>> = {
	status: "State",
	reason: "Reason",
	name: "Name",
	environment: "Environment",
	owner: "Responsible",
	integration: "Used by",
	labels: "Labels",
	permissions: "May",
	site_ids: "Sites",
	allowed_ips: "Addresses",
	rate_limits: "Requests",
	expires_at: "Ends",
	rotate_every_days: "Replaced every",
	rotation_due_at: "Replace by",
	client_policy: "In browsers and apps",
	budgets: "Budgets",
	canary: "Canary key",
	auto_rotate: "When it is due",
	kid: "Version",
	last4: "Last four",
	note: "Note",
	replaced_kids: "Replaced versions",
	place: "Kept in",
	working_days_left: "Working days left",
	handover_id: "Hand-over",
	email: "E-mail",
	claimed_by: "Revealed by",
	because: "Because of",
	rotation_id: "Replacement",
	predecessor_kid: "Old key",
	successor_kid: "New key",
	overlap_seconds: "Both work for",
	hard_stop_at: "Old key works until",
	expires_at_before: "Ended before",
	how: "How",
	force_reason: "Reason given",
	source_id: "Client id",
	source: "Client",
	old_last_seen_at: "Old key last seen",
	keys: "Keys",
	site_id: "Site",
	kind: "Kind",
	title: "Title",
	content_type: "Type of content",
	size_bytes: "Size",
	sha256: "SHA-256",
	role: "Role",
	makes_operator: "Makes an operator",
	external_user_id: "Id in the product",
	confirmed: "Confirmed",
	plan_id: "Plan",
	external_id: "Id in the product",
	limits: "Limits",
	leak_response: "After a leak",
	key_policy: "Rules for keys",
	keys_revoked: "Keys revoked",
	members_removed: "Members removed",
	capabilities: "Includes",
	quota_requests_per_month: "Requests a month",
	max_key_lifetime_days: "Longest life of a key",
	description: "Description",
	capability: "Capability",
	product_name: "Product name",
	api_base_url: "API address",
	check_request: "Check request",
	documentation_url: "Documentation",
	status_url: "Status page",
	upgrade_url: "Larger plans",
	support_url: "Support",
	error_base_url: "Pages of errors",
	logo_sha256: "Logo",
	accent_color: "Colour",
	rules: "Rules",
	prefix: "Prefix",
	alphabet: "Alphabet",
	length_min: "Shortest",
	length_max: "Longest",
	purpose: "Purpose",
	pepper_id: "Pepper",
	rule: "Rule",
	enabled: "On",
	threshold: "Threshold",
	to: "Who is mailed",
	url_origin: "Sent to",
	acknowledged_ms: "Milliseconds until every node had confirmed",
	nodes: "Nodes",
	events: "Events",
	failing_since: "Failing since",
	webhook_id: "Webhook",
	delivery_id: "Delivery",
	event_id: "Event",
	type: "Type",
};

export function isNamedField(field: string): boolean {
	return Object.hasOwn(NAMES, field);
}

export function getFieldName(field: string): string {
	return isNamedField(field) ? (NAMES[field] ?? field) : nameFrom(field);
}

const ORDER: ReadonlyMap<string, number> = new Map(Object.keys(NAMES).map((field, index) => [field, index]));

/** The fields, each once: the database does not keep their order. */
export function inOrder(fields: readonly string[]): string[] {
	const place = (field: string) => ORDER.get(field) ?? ORDER.size;
	return [...new Set(fields)].sort((a, b) => place(a) - place(b));
}

/** Fields of which null means more than that there is none. */
const NULLS: Readonly<Record<string, string>> = {
	allowed_ips: "from anywhere",
	site_ids: "all sites",
	expires_at: "never",
	rotate_every_days: "no period",
	rotation_due_at: "no date",
	auto_rotate: getSchedule(null).name,
	client_policy: "as by default",
	environment: "any environment",
	limits: "those of the plan",
	events: "every event",
	quota_requests_per_month: "without a limit",
	max_key_lifetime_days: "without a limit",
};

const POLICIES: Readonly<Record<string, string>> = { observe: "let in and recorded", alert: "let in with an alert", block: "refused" };
const STATES: Readonly<Record<string, string>> = {
	active: "active",
	paused: "paused",
	revoked: "revoked",
	expired: "expired",
	suspended: "suspended",
};

function toWords<const V extends string>(values: readonly V[], format: (value: V) => string): Readonly<Record<string, string>> {
	return Object.fromEntries(values.map((value) => [value, format(value)]));
}

const VALUES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
	environment: toWords(ENVIRONMENTS, (environment) => ENVIRONMENT_WORDS[environment].name),
	role: toWords(ROLES, (role) => ROLE_WORDS[role].name),
	reason: Object.fromEntries(REASONS.map(({ value, label }) => [value, label])),
	client_policy: POLICIES,
	auto_rotate: Object.fromEntries(SCHEDULES.map(({ value, name }) => [value ?? "", name])),
	status: STATES,
};

/** Fields that programs write: shown in mono. */
const MONO =
	/(?:^|_)(?:id|ids|kid|kids|sha256|last4|url|prefix|alphabet|content_type|allowed_ips|permissions|capabilities|capability|accent_color|rules)$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/;

/** Names of ids that a page knows: of sites and permissions. */
export type KnownNames = ReadonlyMap<string, string>;

/** One line of a value. */
export interface Line {
	readonly text: string;
	readonly mono: boolean;
}

/** A value as lines, one for each entry of a list or member of an object. */
export function toLines(field: string, value: unknown, names: KnownNames): Line[] {
	const mono = MONO.test(field);
	if (value === null || value === undefined) return [{ text: NULLS[field] ?? "none", mono: false }];
	if (Array.isArray(value)) {
		if (value.length === 0) return [{ text: "none", mono: false }];
		return value.map((entry: unknown) => toLine(field, entry, mono, names));
	}
	if (typeof value !== "object") return [toLine(field, value, mono, names)];
	const members = Object.entries(value);
	if (members.length === 0) return [{ text: "none", mono: false }];
	return members.map(([name, inner]) => ({ text: `${nameFrom(name)}: ${formatInner(inner)}`, mono: false }));
}

function toLine(field: string, value: unknown, mono: boolean, names: KnownNames): Line {
	if (typeof value === "string") {
		const known = names.get(`${field} ${value}`) ?? VALUES[field]?.[value];
		if (known !== undefined) return { text: known, mono: false };
		return TIME.test(value) ? { text: exactTime(value), mono: false } : { text: value, mono };
	}
	if (typeof value === "number") return { text: formatNumber(field, value), mono: false };
	return { text: formatInner(value), mono: mono && typeof value === "object" };
}

function formatNumber(field: string, value: number): string {
	const figure = value.toLocaleString("en");
	if (field.endsWith("_days")) return `${figure} ${value === 1 ? "day" : "days"}`;
	if (field.endsWith("_bytes")) return `${figure} ${value === 1 ? "byte" : "bytes"}`;
	return field.endsWith("_seconds") ? formatSeconds(value) : figure;
}

const SPANS: readonly [seconds: number, name: string][] = [
	[86_400, "day"],
	[3_600, "hour"],
	[60, "minute"],
	[1, "second"],
];

function formatSeconds(seconds: number): string {
	const [size, name] = SPANS.find(([span]) => seconds >= span && seconds % span === 0) ?? [1, "second"];
	return `${(seconds / size).toLocaleString("en")} ${name}${seconds === size ? "" : "s"}`;
}

function formatInner(value: unknown): string {
	if (value === null) return "none";
	if (typeof value === "boolean") return value ? "yes" : "no";
	if (typeof value === "number") return value.toLocaleString("en");
	if (typeof value === "string") return value === "" ? "set" : value;
	if (Array.isArray(value)) return value.map(formatInner).join(", ");
	return typeof value === "object"
		? Object.entries(value)
				.map(([name, inner]) => `${nameFrom(name).toLowerCase()} ${formatInner(inner)}`)
				.join(", ")
		: "";
}
