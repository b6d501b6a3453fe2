import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { AllowList, parseAddress, parseAllowList } from "../core/network.ts";
import { CHECKS, type Facts, type Instant, REFUSALS_PER_MINUTE, runChecks, SITE_NEEDED } from "./checks.ts";
import type { DenialCode } from "./denial.ts";
import { type Grant, NO_SITE, type PlanState, type SiteState, type TenantState } from "./grants/grant.ts";
import { usablePermissions } from "./grants/states.ts";
import { limitPolicy } from "./limits/policy.ts";
import { SlidingWindow } from "./limits/window.ts";

const NOW = Date.UTC(2026, 0, 15, 12);
const AT: Instant = { now: NOW, monotonic: 5_000_000 };
const SITE: SiteState = { environment: null };

function allowing(...entries: string[]): AllowList {
	const list = parseAllowList(entries);
	ok(list instanceof AllowList);
	return list;
}

function getAddress(text: string) {
	const address = parseAddress(text);
	ok(address);
	return address;
}

const plan: PlanState = {
	id: "team",
	name: "Team",
	capabilities: new Set(["m2m_api", "documents"]),
	catalogue: new Map([
		["sites:read", "m2m_api"],
		["documents:write", "documents"],
		["orders:write", "orders"],
	]),
	usable: new Map(),
	stale: false,
};
const policy = limitPolicy([]);
const tenant: TenantState = {
	id: "tenant-a",
	name: "Acme",
	suspended: false,
	plan,
	policy,
	allowances: [],
	operations: new Map(),
	references: 1,
	stale: false,
};
const grant: Grant = {
	kid: "kid",
	last4: "a1B2",
	mac: Buffer.alloc(32),
	mac_version: 1,
	pepper_id: "p",
	retires_at_ms: NOW + 1,
	retired: false,
	key_id: "key_1",
	key_name: "prod-order-bot",
	environment: "prod",
	permissions: new Set(["sites:read", "documents:write"]),
	usable: new Set(),
	site_ids: new Set(["shop"]),
	allowed_ips: allowing("10.0.0.0/8"),
	blocks_clients: true,
	strict_clients: true,
	expires_at_ms: NOW + 1,
	expires_at: new Date(NOW + 1).toISOString(),
	rotation_due_at: null,
	paused: false,
	revoked: false,
	tenant,
	policy,
	counter: null,
	counters: null,
	windows: [],
	allowances: tenant.allowances,
	refusals: null,
	digest: null,
	stale: false,
	first_use_recorded: true,
	visited: false,
	rotation: null,
	browser_seen_ms: 0,
};
const facts: Facts = {
	address: getAddress("10.1.2.3"),
	client: "server",
	tenant_id: "tenant-a",
	site_id: "shop",
	capability: "documents",
	permissions: ["sites:read", "documents:write"],
};

interface Case {
	grant: Grant;
	facts: Facts;
	site: SiteState | undefined;
}

const nothingWrong = (): Case => ({ grant: { ...grant, tenant: { ...tenant, plan: { ...plan } } }, facts: { ...facts }, site: SITE });

function usedUp(requests: number): SlidingWindow {
	const window = new SlidingWindow(60);
	window.take(AT.monotonic, requests);
	return window;
}

/** Every reason to deny a request with a matching secret, in the contract's order. Each `spoil` adds one to a valid case. */
const FAULTS: readonly { code: DenialCode; spoil: (found: Case) => Case }[] = [
	{ code: "key_revoked", spoil: (found) => ({ ...found, grant: { ...found.grant, revoked: true } }) },
	{ code: "key_rotated", spoil: (found) => ({ ...found, grant: { ...found.grant, retired: true } }) },
	{ code: "key_expired", spoil: (found) => ({ ...found, grant: { ...found.grant, expires_at_ms: NOW } }) },
	{ code: "key_paused", spoil: (found) => ({ ...found, grant: { ...found.grant, paused: true } }) },
	{ code: "tenant_suspended", spoil: (found) => ({ ...found, grant: { ...found.grant, tenant: { ...found.grant.tenant, suspended: true } } }) },
	{ code: "ip_not_allowed", spoil: (found) => ({ ...found, facts: { ...found.facts, address: getAddress("192.0.2.1") } }) },
	{ code: "client_not_allowed", spoil: (found) => ({ ...found, facts: { ...found.facts, client: "browser" } }) },
	{ code: "too_many_refusals", spoil: (found) => ({ ...found, grant: { ...found.grant, refusals: usedUp(REFUSALS_PER_MINUTE) } }) },
	{ code: "not_found", spoil: (found) => ({ ...found, facts: { ...found.facts, tenant_id: "tenant-b" } }) },
	{ code: "environment_mismatch", spoil: (found) => ({ ...found, site: { environment: "dev" } }) },
	{ code: "capability_not_in_plan", spoil: (found) => ({ ...found, facts: { ...found.facts, capability: "orders" } }) },
	{ code: "permission_missing", spoil: (found) => ({ ...found, grant: { ...found.grant, permissions: new Set(["sites:read"]) } }) },
];

/** As for real grants: the usable permissions follow from the key's permissions and the plan. */
function run({ grant, facts, site }: Case, at = AT) {
	return runChecks({ ...grant, usable: usablePermissions(grant.tenant.plan, grant.permissions) }, facts, at, site);
}

/** The code of the denial, `allowed`, or `site needed`. */
function getCode(found: Case, at = AT): string {
	const answer = run(found, at);
	if (answer === SITE_NEEDED) return "site needed";
	return answer === null ? "allowed" : answer.code;
}

function getDetail(answer: ReturnType<typeof run>): string {
	return answer === null || answer === SITE_NEEDED ? "" : answer.detail;
}

test("a valid request passes every check", () => {
	equal(getCode(nothingWrong()), "allowed");
});

test("each fault is denied with its own code", () => {
	deepEqual(
		FAULTS.map(({ spoil }) => getCode(spoil(nothingWrong()))),
		FAULTS.map(({ code }) => code),
	);
});

test("of several faults the first one in the contract's order is reported", () => {
	fc.assert(
		fc.property(fc.subarray([...FAULTS], { minLength: 1 }), fc.func(fc.integer()), (faults, weight) => {
			const shuffled = faults.toSorted((a, b) => weight(a.code) - weight(b.code));
			const spoiled = shuffled.reduce((found, { spoil }) => spoil(found), nothingWrong());
			equal(getCode(spoiled), faults[0]?.code);
		}),
	);
});

test("every check can deny or supplies a site to one that can", () => {
	const silent = CHECKS.filter((check) => {
		const cases = [...FAULTS.map(({ spoil }) => spoil(nothingWrong())), { ...nothingWrong(), site: NO_SITE }];
		return cases.every((found) => check(found.grant, found.facts, AT, found.site) === null);
	});
	deepEqual(silent, []);
});

test("a denial names the check of the table that made it", () => {
	for (const { spoil } of FAULTS) {
		const { grant: denied, facts, site } = spoil(nothingWrong());
		const check = CHECKS.find(
			(candidate) => candidate({ ...denied, usable: usablePermissions(denied.tenant.plan, denied.permissions) }, facts, AT, site) !== null,
		);
		const denial = runChecks({ ...denied, usable: usablePermissions(denied.tenant.plan, denied.permissions) }, facts, AT, site);
		if (denial === null || denial === SITE_NEEDED) throw new Error("nothing was denied");
		equal(
			denial.check,
			check?.name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
		);
	}
});

test("checking spends nothing: a thousand repetitions have the same outcome", () => {
	const found = { ...nothingWrong() };
	found.grant.refusals = usedUp(REFUSALS_PER_MINUTE - 1);
	for (let ask = 0; ask < 1_000; ask += 1) equal(getCode(found), "allowed");
	equal(found.grant.refusals.used(AT.monotonic), REFUSALS_PER_MINUTE - 1);
});

test("a secret that is retiring works until its instant, and not at it", () => {
	const found = { ...nothingWrong(), grant: { ...grant, retires_at_ms: NOW } };
	equal(getCode(found, { ...AT, now: NOW - 1 }), "allowed");
	equal(getCode(found), "key_rotated");
});

test("a key works before its expiry and not at it; without a date it does not expire", () => {
	const found = { ...nothingWrong(), grant: { ...grant, expires_at_ms: NOW } };
	equal(getCode(found, { ...AT, now: NOW - 1 }), "allowed");
	equal(getCode(found), "key_expired");
	equal(getCode({ ...found, grant: { ...grant, expires_at_ms: null, retires_at_ms: null } }, { ...AT, now: NOW * 2 }), "allowed");
});

test("an address list denies every other address, and an unknown one", () => {
	const from = (address: string | null) =>
		getCode({ ...nothingWrong(), facts: { ...facts, address: address === null ? null : getAddress(address) } });
	deepEqual([from("10.255.255.255"), from("11.0.0.0"), from("::1"), from(null)], ["allowed", "ip_not_allowed", "ip_not_allowed", "ip_not_allowed"]);
	equal(from("::ffff:10.1.2.3"), "allowed", "an IPv4 address in its IPv6 form is the same address");
	const anywhere = { ...nothingWrong(), grant: { ...grant, allowed_ips: null }, facts: { ...facts, address: null } };
	equal(getCode(anywhere), "allowed");
	equal(getCode({ ...anywhere, grant: { ...grant, allowed_ips: new AllowList([]) } }), "ip_not_allowed", "an empty list allows no address");
});

test("a browser or an app is refused only where it is blocked", () => {
	for (const client of ["browser", "app"] as const) {
		const from = (blocks_clients: boolean) => getCode({ ...nothingWrong(), grant: { ...grant, blocks_clients }, facts: { ...facts, client } });
		deepEqual([from(false), from(true)], ["allowed", "client_not_allowed"]);
	}
});

test("a library that servers use as well is an app only under a policy that was chosen", () => {
	const from = (strict_clients: boolean) =>
		getCode({ ...nothingWrong(), grant: { ...grant, blocks_clients: true, strict_clients }, facts: { ...facts, client: "app_library" } });
	deepEqual([from(false), from(true)], ["allowed", "client_not_allowed"]);
});

test("the limit of refusals reports the wait, after which it is free again", () => {
	const refusals = usedUp(REFUSALS_PER_MINUTE);
	const found = { ...nothingWrong(), grant: { ...grant, refusals } };
	const answer = run(found);
	ok(answer !== null && answer !== SITE_NEEDED);
	const wait_ms = (answer.metadata?.retry_after_seconds ?? 0) * 1_000;
	ok(wait_ms > 0 && wait_ms <= 66_000);
	equal(getCode(found, { ...AT, monotonic: AT.monotonic + wait_ms }), "allowed");
});

test("another tenant, a site outside the key's binding and an unknown site get the same denial", () => {
	const answers: ReturnType<typeof run>[] = [
		run({ ...nothingWrong(), facts: { ...facts, tenant_id: "tenant-b" } }),
		run({ ...nothingWrong(), facts: { ...facts, site_id: "elsewhere" } }),
		run({ ...nothingWrong(), site: NO_SITE }),
	];
	const shown = answers.map((answer) => answer !== null && answer !== SITE_NEEDED && [answer.code, answer.detail, answer.metadata]);
	for (const answer of shown) deepEqual(answer, shown[0]);
	const detail = getDetail(answers[0] ?? null);
	match(detail, /Acme.*tenant-a/);
	ok(!detail.includes("tenant-b") && !detail.includes("elsewhere"));
});

test("a site outside the key's binding is not looked up", () => {
	equal(getCode({ ...nothingWrong(), facts: { ...facts, site_id: "elsewhere" }, site: undefined }), "not_found");
});

test("a site is loaded only if no earlier check denies the request", () => {
	const unknownSite = { ...nothingWrong(), site: undefined };
	equal(getCode(unknownSite), "site needed");
	for (const { spoil, code } of FAULTS.slice(0, 9)) equal(getCode(spoil(unknownSite)), code);
	equal(getCode({ ...unknownSite, facts: { ...facts, site_id: null } }), "allowed");
});

test("a key that is bound to no site sees every site of its tenant", () => {
	const found = { ...nothingWrong(), grant: { ...grant, site_ids: null }, facts: { ...facts, site_id: "any" } };
	equal(getCode(found), "allowed");
	equal(getCode({ ...found, site: NO_SITE }), "not_found");
});

test("a site that is bound to an environment takes keys of that one only", () => {
	const at = (environment: string | null) => getCode({ ...nothingWrong(), site: { environment } });
	deepEqual([at("prod"), at(null), at("staging")], ["allowed", "allowed", "environment_mismatch"]);
});

test("a missing capability of the plan takes precedence over a missing permission, and each denial names what is missing", () => {
	const lacking = run({ ...nothingWrong(), facts: { ...facts, permissions: ["orders:write"] } });
	ok(lacking && lacking !== SITE_NEEDED);
	deepEqual([lacking.code, lacking.metadata?.members], ["capability_not_in_plan", { capability: "orders" }]);
	const missing = run({ ...nothingWrong(), grant: { ...grant, permissions: new Set() } });
	ok(missing && missing !== SITE_NEEDED);
	deepEqual([missing.code, missing.metadata?.members], ["permission_missing", { permission: "sites:read" }]);
});

test("all requested permissions are required, and an unknown permission is denied", () => {
	const asking = (...permissions: string[]) => getCode({ ...nothingWrong(), facts: { ...facts, permissions } });
	equal(asking(), "allowed");
	equal(asking("sites:read", "made:up"), "permission_missing");
	equal(
		getCode({ ...nothingWrong(), grant: { ...grant, permissions: new Set(["toString"]) }, facts: { ...facts, permissions: ["constructor"] } }),
		"permission_missing",
	);
});
