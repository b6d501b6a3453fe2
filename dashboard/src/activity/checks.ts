import { formatNetwork } from "../keys/text.ts";
import { ENVIRONMENT_WORDS, ENVIRONMENTS } from "../keys/words.ts";
import { formatDate } from "../ui/time-words.ts";
import type { CheckName, Explanation } from "./queries.ts";

/** The line of each check, and its name where it refused. The order is the server's. */
const WORDS: Readonly<Record<CheckName, readonly [line: string, refused: string]>> = {
	available: ["Server available", "Server available"],
	key_present: ["Key present", "Key present"],
	key_shape: ["Shape and checksum", "Shape and checksum"],
	key_known: ["Secret", "Secret"],
	address_failures: ["Wrong keys from this address", "Wrong keys from this address"],
	not_revoked: ["Not revoked, replaced or expired", "Revoked"],
	not_replaced: ["Not revoked, replaced or expired", "Replaced"],
	not_expired: ["Not revoked, replaced or expired", "Expired"],
	not_paused: ["Key and tenant may act", "Key paused"],
	tenant_active: ["Key and tenant may act", "Tenant suspended"],
	address_allowed: ["Address and client", "Address"],
	client_allowed: ["Address and client", "Browser or app"],
	refusals_budget: ["Few refusals before", "Too many refusals before"],
	tenant_matches: ["Tenant and site", "Tenant"],
	site_visible: ["Tenant and site", "Site"],
	environment_matches: ["Environment", "Environment"],
	capability_included: ["Plan and permission", "Plan"],
	permission_held: ["Plan and permission", "Permission"],
	rate_limit: ["Rate limit, quota, budgets", "Rate limit"],
	quota: ["Rate limit, quota, budgets", "Quota"],
	budget: ["Rate limit, quota, budgets", "Budget"],
};

export interface CheckLine {
	readonly label: string;
	readonly outcome: Explanation["checks"][number]["outcome"];
	/** What it compared; empty if nothing is known. */
	readonly value: string;
}

const words = (check: CheckName): readonly [string, string] => WORDS[check] ?? [check.replaceAll("_", " "), check.replaceAll("_", " ")];

type Facts = Readonly<Record<string, unknown>>;

const text = (facts: Facts, name: string): string => {
	const value = facts[name];
	return typeof value === "string" || typeof value === "number" ? String(value) : "";
};

function environment(value: string): string {
	const known = ENVIRONMENTS.find((name) => name === value);
	return known === undefined ? value : ENVIRONMENT_WORDS[known].name.toLowerCase();
}

function refusedValue({ check, cause, source }: Explanation, now_ms: number): string {
	const facts: Facts = Object.fromEntries(cause.map(({ fact, value }) => [fact, value]));
	const since = (name: string) => (text(facts, name) === "" ? "" : `since ${formatDate(text(facts, name), now_ms)}`);
	const values: Partial<Record<CheckName, string>> = {
		key_shape: text(facts, "characters_expected") === "" ? "" : `${text(facts, "characters")} of ${text(facts, "characters_expected")} characters`,
		not_revoked: since("revoked_at"),
		not_replaced: since("replaced_at"),
		not_expired: since("expired_at"),
		not_paused: since("paused_at"),
		address_allowed: formatNetwork(source.network),
		client_allowed: text(facts, "client") === "app" ? "an app" : "a browser",
		refusals_budget: `${text(facts, "refusals_per_minute")} a minute`,
		tenant_matches: text(facts, "key_tenant_id") === "" ? "" : `key of ${text(facts, "key_tenant_id")}`,
		environment_matches: `${environment(text(facts, "key_environment"))} key, ${environment(text(facts, "site_environment"))} site`,
		capability_included: text(facts, "capability"),
		permission_held: text(facts, "permission"),
		rate_limit: `“${text(facts, "limit")}”, ${text(facts, "requests")} in ${text(facts, "window_seconds")} s`,
		quota: `${text(facts, "requests")} requests`,
		budget: `“${text(facts, "budget")}”, ${text(facts, "amount")} ${text(facts, "unit")}`,
	};
	return values[check] ?? "";
}

function passedValue(check: CheckName, { key, proven, source, cause }: Explanation): string {
	if (check === "key_known" && proven && key?.last4) return `…${key.last4}`;
	if (check === "address_allowed") return source.network === "other" ? "" : formatNetwork(source.network);
	const site = check === "site_visible" ? cause.find(({ fact }) => fact === "site_id")?.value : undefined;
	return typeof site === "string" ? site : "";
}

const END = ["Plan and permission", "Rate limit, quota, budgets"];

/** What no request that was refused before has reached takes one line. */
function withoutEnd(lines: readonly CheckLine[]): CheckLine[] {
	const ends = lines.filter(({ label, outcome }) => END.includes(label) && outcome === "not_reached");
	if (ends.length < END.length) return [...lines];
	return [
		...lines.filter((line) => !ends.includes(line)),
		{ label: "Plan, permission, limits, budgets", outcome: "not_reached", value: "not reached" },
	];
}

/** The checks in the server's order, those of one kind in one line; of a line with the check that refused, that one. */
export function checkLines(explanation: Explanation, now_ms: number): CheckLine[] {
	const lines = new Map<string, CheckLine>();
	for (const { check, outcome } of explanation.checks) {
		const [line, refused] = words(check);
		const before = lines.get(line);
		if (outcome === "refused") lines.set(line, { label: refused, outcome, value: refusedValue(explanation, now_ms) });
		else if (before === undefined)
			lines.set(line, { label: line, outcome, value: outcome === "passed" ? passedValue(check, explanation) : "not reached" });
		else if (outcome === "passed" && before.value === "") lines.set(line, { ...before, value: passedValue(check, explanation) });
	}
	return withoutEnd([...lines.values()]);
}
