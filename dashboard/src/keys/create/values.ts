import type { RateLimit } from "../../plans/plan-words.ts";
import { DAY_MS } from "../../ui/time-units.ts";
import { type BudgetValue, formatBudgets, validateBudgets } from "../budgets/budgets.ts";
import type { AutoRotate } from "../schedule-words.ts";
import { ENVIRONMENT_WORDS, type Environment } from "../words.ts";
import { validateAddress } from "./addresses.ts";
import { formatLimits, type OwnLimit, validateLimits } from "./own-limits.ts";

const NAME_CHARACTERS_MAX = 200;
const ADDRESSES_MAX = 100;

/** The values of the create form; texts as typed. */
export interface CreateValues {
	readonly integration: string;
	readonly environment: Environment;
	readonly owner: string;
	/** Null: composed of integration and environment. */
	readonly name: string | null;
	/** Null: every permission that the plan includes. */
	readonly permissions: readonly string[] | null;
	/** Null: every site of the environment. */
	readonly site_ids: readonly string[] | null;
	readonly allowed_ips: readonly string[];
	/** None: as many requests as the plan allows. */
	readonly rate_limits: readonly OwnLimit[];
	readonly budgets: readonly BudgetValue[];
	readonly expiry: Expiry;
	readonly rotate_every_days: number | null;
	/** What happens when it is due; null without a period. */
	readonly auto_rotate: AutoRotate;
	readonly way: "handover" | "show";
	/** Recipient of the hand-over link; empty: no mail. */
	readonly email: string;
}

export type Expiry = { readonly kind: "never" } | { readonly kind: "days"; readonly days: number } | { readonly kind: "date"; readonly date: string };

export const EXPIRY_DAYS = [30, 90, 180, 365] as const;
export const ROTATION_DAYS = [30, 90, 180, 365] as const;
const ROTATION_DAYS_AT_FIRST = 90;
const EXPIRY_DAYS_AT_FIRST = 365;

/** The data that the defaults of a new key depend on. */
export interface Beginning {
	readonly owner: string;
	readonly max_key_lifetime_days: number | null;
	readonly offered: readonly Offered[];
	readonly sites: readonly SiteOfChoice[];
}

export interface SiteOfChoice {
	readonly id: string;
	readonly environment: Environment | null;
}

/** The safe default: reading only, at one site, with an end, replaced every 90 days. More is chosen by the person. */
export function valuesAtFirst({ owner, max_key_lifetime_days, offered, sites }: Beginning): CreateValues {
	return {
		integration: "",
		environment: "prod",
		owner,
		name: null,
		permissions: permissionsOfPreset("read", offered),
		site_ids: sitesAtFirst(sites, "prod"),
		allowed_ips: [],
		rate_limits: [],
		budgets: [],
		expiry: { kind: "days", days: max_key_lifetime_days === null ? EXPIRY_DAYS_AT_FIRST : longestExpiry(max_key_lifetime_days) },
		rotate_every_days: ROTATION_DAYS_AT_FIRST,
		auto_rotate: null,
		way: "handover",
		email: "",
	};
}

/** The sites at which a key of this environment can work. */
export function usableSites<S extends SiteOfChoice>(sites: readonly S[], environment: Environment): S[] {
	return sites.filter((site) => site.environment === null || site.environment === environment);
}

/** The oldest site of the environment, of a list with the newest first; all sites (null) where there is none yet. */
export function sitesAtFirst(sites: readonly SiteOfChoice[], environment: Environment): readonly string[] | null {
	const oldest = usableSites(sites, environment).at(-1);
	return oldest === undefined ? null : [oldest.id];
}

/** The longest listed period within the plan's maximum, or the maximum itself. */
function longestExpiry(max_days: number): number {
	return [...EXPIRY_DAYS].reverse().find((days) => days <= max_days) ?? max_days;
}

/** `Order bot` in production becomes `prod-order-bot`; letters of any script are kept. */
export function composeName(integration: string, environment: Environment): string {
	const slug = integration
		.normalize("NFKC")
		.toLowerCase()
		.replace(/[^\p{L}\p{M}\p{N}]+/gu, "-")
		.replace(/^-+|-+$/g, "");
	if (slug === "") return "";
	const name = slug === environment || slug.startsWith(`${environment}-`) ? slug : `${environment}-${slug}`;
	return [...name].slice(0, NAME_CHARACTERS_MAX).join("").replace(/-+$/, "");
}

export function getName(values: Pick<CreateValues, "name" | "integration" | "environment">): string {
	return values.name?.trim() ?? composeName(values.integration, values.environment);
}

export interface Offered {
	readonly name: string;
	readonly included: boolean;
}

/** `choose`: a list of the person's own, which begins with reading. */
export type Preset = "read" | "choose" | "everything";

/** The permission of the connectivity check, without which a key could not be tried. */
const CHECK_PERMISSION = "tenant:read";
/** Granted only by name: the server excludes it from "everything" too. */
const NEVER_BY_DEFAULT = "key:rotate";

/** The permissions that the server grants to a key that names none. */
export function everything(offered: readonly Offered[]): string[] {
	return offered.filter((permission) => permission.included && permission.name !== NEVER_BY_DEFAULT).map((permission) => permission.name);
}

/** The permissions of a preset that the plan includes; null for everything. */
export function permissionsOfPreset(preset: Preset, offered: readonly Offered[]): string[] | null {
	if (preset === "everything") return null;
	return everything(offered).filter((name) => name.endsWith(":read") || name === CHECK_PERMISSION);
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
	return a.length === b.length && a.every((name) => b.includes(name));
}

/** The preset with exactly these permissions; null if they are a choice of the person's own. */
export function getPreset(permissions: readonly string[] | null, offered: readonly Offered[]): "read" | "everything" | null {
	if (permissions === null) return "everything";
	if (sameNames(permissionsOfPreset("read", offered) ?? [], permissions)) return permissions.length === 0 ? null : "read";
	return sameNames(permissions, everything(offered)) ? "everything" : null;
}

/** The local date: "2026-03-09". */
export function getDay(time_ms: number): string {
	const date = new Date(time_ms);
	const two = (part: number) => String(part).padStart(2, "0");
	return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** The expiry as the API takes it; a date means the end of that day in the local time zone. */
export function expiresAt(expiry: Expiry, now_ms: number): string | null {
	if (expiry.kind === "never") return null;
	if (expiry.kind === "days") return new Date(now_ms + expiry.days * DAY_MS).toISOString();
	const [year = 0, month = 1, day = 1] = expiry.date.split("-").map(Number);
	return new Date(year, month - 1, day, 23, 59, 59).toISOString();
}

/** The plan's rules for keys. */
export interface PlanBounds {
	readonly max_key_lifetime_days: number | null;
	readonly rate_limits: readonly RateLimit[];
}

/** Errors that need no request, by field. */
export function validateValues(values: CreateValues, plan: PlanBounds, now_ms: number): Partial<Record<keyof CreateValues, string>> {
	const faults: Partial<Record<keyof CreateValues, string>> = {};
	if (values.integration.trim() === "") faults.integration = "Say what will use this key, such as: order bot";
	else if (getName(values) === "") faults.integration = "Use at least one letter or digit";
	if (values.owner.trim() === "") faults.owner = "Say who is responsible for this key";
	if (values.name !== null && values.name.trim() === "") faults.name = "Give the key a name";
	if (values.permissions?.length === 0) faults.permissions = "Choose at least one thing that this key may do";
	if (values.site_ids?.length === 0) faults.site_ids = "Choose a site, or all sites";
	const address = values.allowed_ips.map(validateAddress).find((fault) => fault !== null);
	if (address) faults.allowed_ips = address;
	else if (values.allowed_ips.length > ADDRESSES_MAX) faults.allowed_ips = `At most ${ADDRESSES_MAX} addresses`;
	const limit = validateLimits(values.rate_limits, plan.rate_limits);
	if (limit !== null) faults.rate_limits = limit.text;
	const budget = validateBudgets(values.budgets);
	if (budget !== null) faults.budgets = budget.text;
	const expiry = validateExpiry(values.expiry, plan.max_key_lifetime_days, now_ms);
	if (expiry !== null) faults.expiry = expiry;
	return faults;
}

function validateExpiry(expiry: Expiry, max_days: number | null, now_ms: number): string | null {
	if (expiry.kind === "date" && !/^\d{4}-\d\d-\d\d$/.test(expiry.date)) return "Choose a date";
	const end = expiresAt(expiry, now_ms);
	if (end === null) return max_days === null ? null : `In your plan a key lives at most ${max_days} days`;
	if (Date.parse(end) <= now_ms) return "Choose a date to come";
	if (max_days !== null && Date.parse(end) > now_ms + max_days * DAY_MS) return `In your plan a key lives at most ${max_days} days`;
	return null;
}

export interface Names {
	/** Site names by id. */
	readonly sites: ReadonlyMap<string, string>;
	readonly offered: readonly Offered[];
	readonly formatDate: (time: string) => string;
}

/** The sentence that says what will be created, split after the name. Null while there is no name. */
export function formatSentence(values: CreateValues, names: Names, now_ms: number): { readonly name: string; readonly text: string } | null {
	const name = getName(values);
	if (name === "") return null;
	const end = expiresAt(values.expiry, now_ms);
	const pace = formatLimits(values.rate_limits);
	const budgets = formatBudgets(values.budgets);
	const parts = [
		ENVIRONMENT_WORDS[values.environment].name.toLowerCase(),
		sitesPart(values.site_ids, names.sites),
		permissionsPart(values.permissions, names.offered),
		...(values.allowed_ips.length === 0 ? [] : [`only from ${listed(values.allowed_ips)}`]),
		...(pace === null ? [] : [pace]),
		...(budgets === null ? [] : [budgets]),
		end === null ? "never ends" : `ends on ${names.formatDate(end)}`,
		...(values.rotate_every_days === null ? ["no date to replace it"] : [`replaced every ${counted(values.rotate_every_days, "day")}`]),
	];
	const owner = values.owner.trim();
	return { name, text: `${parts.join(", ")}. ${owner === "" ? "No responsible person yet" : `Responsible: ${owner}`}.` };
}

function sitesPart(site_ids: readonly string[] | null, sites: ReadonlyMap<string, string>): string {
	if (site_ids === null) return "at all sites";
	if (site_ids.length === 0) return "at no site yet";
	return `at ${site_ids.length > 2 ? counted(site_ids.length, "site") : listed(site_ids.map((id) => sites.get(id) ?? id))}`;
}

function permissionsPart(permissions: readonly string[] | null, offered: readonly Offered[]): string {
	const preset = getPreset(permissions, offered);
	if (preset === "everything") return "may do everything in your plan";
	if (preset === "read") return "reads only";
	if (permissions === null || permissions.length === 0) return "may do nothing yet";
	return permissions.length > 3 ? `has ${permissions.length} permissions` : `may ${listed(permissions)}`;
}

export function counted(count: number, one: string): string {
	return count === 1 ? `1 ${one}` : `${count} ${one}s`;
}

function listed(words: readonly string[]): string {
	return words.length < 2 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
