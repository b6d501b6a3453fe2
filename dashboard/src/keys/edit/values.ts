import type { paths } from "../../http/openapi.gen.ts";
import { formatBudgets, toBudgets } from "../budgets/budgets.ts";
import { formatLimits, toRateLimits } from "../create/own-limits.ts";
import { type CreateValues, everything, expiresAt, getDay, type Offered } from "../create/values.ts";
import type { ApiKey } from "../queries.ts";
import { getSchedule } from "../schedule-words.ts";

export type EditBody = NonNullable<paths["/api/v1/tenants/{tenant_id}/api-keys/{key_id}"]["patch"]["requestBody"]>["content"]["application/json"];

export interface Label {
	readonly name: string;
	readonly value: string;
}

/** The editable settings of a key as the form holds them. */
export interface EditValues extends Omit<CreateValues, "way" | "email"> {
	readonly owner_email: string;
	readonly labels: readonly Label[];
}

type Editable = Pick<
	ApiKey,
	| "name"
	| "environment"
	| "owner"
	| "integration"
	| "labels"
	| "permissions"
	| "site_ids"
	| "allowed_ips"
	| "rate_limits"
	| "budgets"
	| "expires_at"
	| "rotate_every_days"
	| "auto_rotate"
>;

export function toValues(key: Editable): EditValues {
	return {
		name: key.name,
		environment: key.environment,
		integration: key.integration ?? "",
		owner: key.owner.name,
		owner_email: key.owner.email ?? "",
		permissions: key.permissions,
		site_ids: key.site_ids,
		allowed_ips: key.allowed_ips ?? [],
		rate_limits: key.rate_limits,
		budgets: key.budgets,
		labels: Object.entries(key.labels).map(([name, value]) => ({ name, value })),
		expiry: key.expires_at === null ? { kind: "never" } : { kind: "date", date: getDay(Date.parse(key.expires_at)) },
		rotate_every_days: key.rotate_every_days,
		auto_rotate: key.auto_rotate,
	};
}

const FIELDS = [
	"name",
	"integration",
	"owner",
	"owner_email",
	"permissions",
	"site_ids",
	"allowed_ips",
	"rate_limits",
	"budgets",
	"labels",
	"expiry",
	"rotate_every_days",
	"auto_rotate",
] as const satisfies readonly (keyof EditValues)[];
export type EditField = (typeof FIELDS)[number];

/** Normalised for comparison: the order of a list has no meaning. */
function comparable(value: EditValues[EditField]): string {
	if (typeof value === "string") return value.trim();
	return JSON.stringify(Array.isArray(value) ? value.map((entry: unknown) => JSON.stringify(entry)).sort() : value);
}

export function fieldsThatDiffer(a: EditValues, b: EditValues): EditField[] {
	return FIELDS.filter((field) => comparable(a[field]) !== comparable(b[field]));
}

/** Permissions as a list; null stands for all that the plan includes. */
export function withPermissions(values: EditValues, offered: readonly Offered[]): EditValues {
	return { ...values, permissions: values.permissions ?? everything(offered) };
}

interface KnownPerson {
	readonly id: string;
	readonly name: string;
	readonly email: string | null;
}

function ownerFrom({ owner, owner_email }: EditValues, people: readonly KnownPerson[]): NonNullable<EditBody["owner"]> {
	const name = owner.trim();
	const email = owner_email.trim();
	const member = people.find((person) => person.name === name && (person.email ?? "") === email);
	return { name, ...(email === "" ? {} : { email }), ...(member === undefined ? {} : { member_id: member.id }) };
}

export interface EditAround {
	readonly people: readonly KnownPerson[];
	readonly plan_limits: readonly { readonly name: string }[];
	readonly now_ms: number;
}

/** The PATCH body: only fields that differ from the key. */
export function toPatch(key: Editable, values: EditValues, around: EditAround): EditBody {
	const changed = new Set(fieldsThatDiffer(toValues(key), values));
	const rate_limits = toRateLimits(values.rate_limits, around.plan_limits);
	const { name, rotate_every_days, auto_rotate } = values;
	return {
		...(changed.has("name") && name !== null ? { name: name.trim() } : {}),
		...(changed.has("integration") ? { integration: values.integration.trim() === "" ? null : values.integration.trim() } : {}),
		...(changed.has("owner") || changed.has("owner_email") ? { owner: ownerFrom(values, around.people) } : {}),
		...toNarrowing(key, values),
		...(changed.has("rate_limits") ? { rate_limits } : {}),
		...(changed.has("budgets") ? { budgets: toBudgets(values.budgets, [...around.plan_limits, ...rate_limits]) } : {}),
		...(changed.has("labels") ? { labels: Object.fromEntries(values.labels.map((label) => [label.name.trim(), label.value])) } : {}),
		...(changed.has("expiry") ? { expires_at: expiresAt(values.expiry, around.now_ms) } : {}),
		...(changed.has("rotate_every_days") ? { rotate_every_days } : {}),
		...(changed.has("auto_rotate") ? { auto_rotate } : {}),
	};
}

/** What of permissions, sites and addresses differs from the key, as the replay takes it. */
export function toNarrowing(key: Editable, values: EditValues): Pick<EditBody, "permissions" | "site_ids" | "allowed_ips"> {
	const changed = new Set(fieldsThatDiffer(toValues(key), values));
	const { permissions, site_ids, allowed_ips } = values;
	return {
		...(changed.has("permissions") && permissions !== null ? { permissions: [...permissions] } : {}),
		...(changed.has("site_ids") ? { site_ids: site_ids === null ? null : [...site_ids] } : {}),
		...(changed.has("allowed_ips") ? { allowed_ips: allowed_ips.length === 0 ? null : [...allowed_ips] } : {}),
	};
}

export interface Meanwhile {
	readonly field: EditField;
	/** Whether the person changed this field too, to another value: saving writes theirs. */
	readonly both: boolean;
}

/** Concurrent changes between `before` and `now`, and the merged form: fields that the person did not touch take the new value. */
export function mergedWith(values: EditValues, before: Editable, now: Editable): { values: EditValues; changes: readonly Meanwhile[] } {
	const was = toValues(before);
	const is = toValues(now);
	const touched = new Set(fieldsThatDiffer(was, values));
	const unlike = new Set(fieldsThatDiffer(is, values));
	const changes = fieldsThatDiffer(was, is).map((field) => ({ field, both: touched.has(field) && unlike.has(field) }));
	const theirs = Object.fromEntries(FIELDS.filter((field) => !touched.has(field)).map((field) => [field, is[field]]));
	return { values: { ...values, ...theirs }, changes };
}

const WORDS: Readonly<Record<EditField, string>> = {
	name: "Name",
	integration: "Integration",
	owner: "Responsible person",
	owner_email: "Their e-mail address",
	permissions: "Permissions",
	site_ids: "Sites",
	allowed_ips: "Addresses",
	rate_limits: "Limits of its own",
	budgets: "Budgets",
	labels: "Labels",
	expiry: "Expiry",
	rotate_every_days: "How often it is replaced",
	auto_rotate: "When it is due",
};

/** "Sites: demo-shop, demo-staging": the field and its value. */
export function formatField(field: EditField, values: EditValues): string {
	return `${WORDS[field]}: ${formatValue(field, values)}`;
}

function formatValue(field: EditField, values: EditValues): string {
	const { expiry, site_ids, rotate_every_days } = values;
	if (field === "expiry") return expiry.kind === "date" ? expiry.date : "never";
	if (field === "site_ids") return site_ids === null ? "all sites" : site_ids.join(", ") || "none";
	if (field === "rotate_every_days") return rotate_every_days === null ? "not on a schedule" : `every ${rotate_every_days} days`;
	if (field === "auto_rotate") return getSchedule(values.auto_rotate).name;
	if (field === "labels") return values.labels.map(({ name, value }) => `${name} = ${value}`).join(", ") || "none";
	if (field === "allowed_ips") return values.allowed_ips.join(", ") || "from anywhere";
	if (field === "rate_limits") return formatLimits(values.rate_limits) ?? "none";
	if (field === "budgets") return formatBudgets(values.budgets) ?? "none";
	if (field === "permissions") return values.permissions?.join(", ") || "none";
	return values[field] || "nothing";
}

const LABELS_MAX = 20;

/** The error in the labels, or null. */
export function validateLabels(labels: readonly Label[]): string | null {
	if (labels.some(({ name }) => name.trim() === "")) return "Give every label a name, or remove it";
	if (new Set(labels.map(({ name }) => name.trim())).size < labels.length) return "Two labels have the same name";
	return labels.length > LABELS_MAX ? `At most ${LABELS_MAX} labels` : null;
}
