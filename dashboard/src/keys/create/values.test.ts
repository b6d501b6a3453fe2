import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ENVIRONMENTS } from "../words.ts";
import { validateAddress } from "./addresses.ts";
import { formatMails } from "./mails.ts";
import {
	type CreateValues,
	composeName,
	everything,
	expiresAt,
	formatSentence,
	getPreset,
	permissionsOfPreset,
	sitesAtFirst,
	validateValues,
	valuesAtFirst,
} from "./values.ts";

const NOW_MS = Date.UTC(2026, 4, 3, 12);
const DAY_MS = 86_400_000;

const OFFERED = [
	{ name: "documents:read", included: true },
	{ name: "documents:write", included: true },
	{ name: "key:rotate", included: true },
	{ name: "orders:write", included: false },
	{ name: "tenant:read", included: true },
];

const PLAN = { max_key_lifetime_days: null, rate_limits: [] };
const NAMES = {
	sites: new Map([
		["shop", "Demo shop"],
		["bar", "Bar"],
	]),
	offered: OFFERED,
	formatDate: (time: string) => time.slice(0, 10),
};

/** The newest first. */
const SITES = [
	{ id: "rehearsal", environment: "staging" },
	{ id: "bar", environment: null },
	{ id: "shop", environment: "prod" },
] as const;

function first(max_key_lifetime_days: number | null): CreateValues {
	return valuesAtFirst({ owner: "Dana", max_key_lifetime_days, offered: OFFERED, sites: SITES });
}

function values(changes: Partial<CreateValues> = {}): CreateValues {
	return { ...first(null), integration: "Order bot", ...changes };
}

function sentence(of: CreateValues): string | null {
	const found = formatSentence(of, NAMES, NOW_MS);
	return found === null ? null : `${found.name}: ${found.text}`;
}

test("a new key begins with reading only, at one site, with an end", () => {
	const { permissions, site_ids, expiry } = first(null);
	deepEqual(permissions, ["documents:read", "tenant:read"]);
	deepEqual(site_ids, ["shop"]);
	deepEqual(expiry, { kind: "days", days: 365 });
	deepEqual(first(100).expiry, { kind: "days", days: 90 });
	deepEqual(sitesAtFirst(SITES, "dev"), ["bar"]);
	equal(sitesAtFirst(SITES.slice(0, 1), "prod"), null, "where there is no site yet, all that are to come");
});

test("environment and purpose compose the name", () => {
	equal(composeName("Order bot", "prod"), "prod-order-bot");
	equal(composeName("  CRM / sync ", "staging"), "staging-crm-sync");
	equal(composeName("dev-support-prototype", "dev"), "dev-support-prototype");
	equal(composeName("Büro Köln", "prod"), "prod-büro-köln");
	equal(composeName("…", "prod"), "");
});

test("a composed name is empty or begins with its environment, on one line and within the API's bound", () => {
	fc.assert(
		fc.property(fc.string({ unit: "grapheme", maxLength: 300 }), fc.constantFrom(...ENVIRONMENTS), (text, environment) => {
			const name = composeName(text, environment);
			ok(name === "" || name === environment || name.startsWith(`${environment}-`), name);
			ok([...name].length <= 200 && !/[\s<>"'&]/.test(name), name);
		}),
	);
});

test("the sentence names everything that will be created", () => {
	equal(sentence(values()), "prod-order-bot: production, at Demo shop, reads only, ends on 2027-05-03, replaced every 90 days. Responsible: Dana.");
	equal(
		sentence(
			values({
				environment: "dev",
				permissions: null,
				site_ids: ["shop", "bar"],
				allowed_ips: ["203.0.113.7", "2001:db8::/32"],
				expiry: { kind: "never" },
				rotate_every_days: null,
				owner: " ",
			}),
		),
		"dev-order-bot: development, at Demo shop and Bar, may do everything in your plan, only from 203.0.113.7 and 2001:db8::/32, never ends, no date to replace it. No responsible person yet.",
	);
	match(sentence(values({ permissions: ["documents:write"] })) ?? "", /may documents:write,/);
	equal(sentence(values({ integration: "" })), null);
	match(sentence(values({ name: "mine", site_ids: null })) ?? "", /^mine: production, at all sites, /);
});

test("presets contain only included permissions, and never the one to rotate the key itself", () => {
	deepEqual(everything(OFFERED), ["documents:read", "documents:write", "tenant:read"]);
	deepEqual(permissionsOfPreset("read", OFFERED), ["documents:read", "tenant:read"]);
	deepEqual(permissionsOfPreset("choose", OFFERED), ["documents:read", "tenant:read"], "nothing above reading is chosen beforehand");
	equal(permissionsOfPreset("everything", OFFERED), null);
	for (const preset of ["read", "everything"] as const) equal(getPreset(permissionsOfPreset(preset, OFFERED), OFFERED), preset);
	equal(getPreset(["tenant:read", "documents:write", "documents:read"], OFFERED), "everything");
	equal(getPreset(["documents:read", "key:rotate"], OFFERED), null);
});

test("addresses and networks are validated", () => {
	for (const right of ["203.0.113.7", "203.0.113.0/24", "0.0.0.0/0", "::1", "2001:db8::/32", "fe80::1"]) equal(validateAddress(right), null, right);
	for (const wrong of ["", "203.0.113", "203.0.113.256", "1.2.3.4/33", "01.2.3.4", "2001:db8::/129", ":::", "example.com", "1.2.3.4.", "<img>"])
		ok(validateAddress(wrong), wrong);
});

test("an expiry is within the plan's maximum, and a date means the end of that day", () => {
	equal(validateValues(values(), PLAN, NOW_MS).expiry, undefined);
	ok(validateValues(values({ expiry: { kind: "never" } }), { ...PLAN, max_key_lifetime_days: 90 }, NOW_MS).expiry);
	equal(validateValues(values({ expiry: { kind: "days", days: 90 } }), { ...PLAN, max_key_lifetime_days: 90 }, NOW_MS).expiry, undefined);
	ok(validateValues(values({ expiry: { kind: "days", days: 180 } }), { ...PLAN, max_key_lifetime_days: 90 }, NOW_MS).expiry);
	ok(validateValues(values({ expiry: { kind: "date", date: "2020-01-01" } }), PLAN, NOW_MS).expiry);
	ok(validateValues(values({ expiry: { kind: "date", date: "" } }), PLAN, NOW_MS).expiry);
	equal(new Date(expiresAt({ kind: "date", date: "2026-12-24" }, NOW_MS) ?? "").getDate(), 24);
	equal(Date.parse(expiresAt({ kind: "days", days: 30 }, NOW_MS) ?? ""), NOW_MS + 30 * DAY_MS);
	equal(validateValues(first(45), { ...PLAN, max_key_lifetime_days: 45 }, NOW_MS).expiry, undefined);
	equal(validateValues(first(7), { ...PLAN, max_key_lifetime_days: 7 }, NOW_MS).expiry, undefined);
});

test("missing values are errors of their field", () => {
	const faults = validateValues(
		values({ integration: " ", owner: "", permissions: [], site_ids: [], name: " ", allowed_ips: ["nowhere"] }),
		PLAN,
		NOW_MS,
	);
	deepEqual(Object.keys(faults).sort(), ["allowed_ips", "integration", "name", "owner", "permissions", "site_ids"]);
	ok(validateValues(values({ integration: "–" }), PLAN, NOW_MS).integration);
	deepEqual(validateValues(values(), PLAN, NOW_MS), {});
});

test("read only stays the chosen preset where the plan includes only reading", () => {
	const offered = [{ name: "tenant:read", included: true }];
	equal(getPreset(permissionsOfPreset("read", offered), offered), "read");
	equal(getPreset(null, offered), "everything");
});

test("the form says what is mailed about the end and the replacement of a key, and nothing without either", () => {
	const days = { kind: "days", days: 365 } as const;
	equal(
		formatMails({ expiry: days, rotate_every_days: 90 }),
		"Mails to owners, admins and the responsible member say when it ends in 30, 7 and 1 working days, when it has ended and when it is due to be replaced.",
	);
	equal(
		formatMails({ expiry: { kind: "never" }, rotate_every_days: 90 }),
		"Mails to owners, admins and the responsible member say when it is due to be replaced.",
	);
	equal(formatMails({ expiry: { kind: "never" }, rotate_every_days: null }), null);
});
