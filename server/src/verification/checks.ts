import { DENIAL_TEXTS } from "../core/denial-texts.ts";
import type { Address } from "../core/network.ts";
import type { ClientKind } from "./client-kind.ts";
import { type Denial, deny } from "./denial.ts";
import { exposedClient, type Grant, NO_SITE, type SiteState } from "./grants/grant.ts";

/** Refused requests per key and minute before further ones get 429. */
export const REFUSALS_PER_MINUTE = 600;

/** The request to authorize, without the key. */
export interface Facts {
	/** Null when the caller did not state it. */
	readonly address: Address | null;
	readonly client: ClientKind;
	readonly tenant_id: string | null;
	readonly site_id: string | null;
	readonly capability: string | null;
	readonly permissions: readonly string[];
}

/** The site is not cached: fetch it, then run the checks again. */
export const SITE_NEEDED = Symbol("site needed");

export interface Instant {
	/** Unix time in milliseconds, for dates. */
	readonly now: number;
	/** Monotonic time in milliseconds, for windows. */
	readonly monotonic: number;
}

export type Check = (grant: Grant, facts: Facts, at: Instant, site: SiteState | undefined) => Denial | typeof SITE_NEEDED | null;

function notRevoked(grant: Grant): Denial | null {
	return grant.revoked ? deny("key_revoked", DENIAL_TEXTS.revoked(grant.key_name)) : null;
}

function notReplaced(grant: Grant, _facts: Facts, at: Instant): Denial | null {
	const replaced = grant.retired || (grant.retires_at_ms !== null && grant.retires_at_ms <= at.now);
	return replaced ? deny("key_rotated", DENIAL_TEXTS.replaced(grant.key_name)) : null;
}

function notExpired(grant: Grant, _facts: Facts, at: Instant): Denial | null {
	if (grant.expires_at_ms === null || grant.expires_at_ms > at.now) return null;
	return deny("key_expired", DENIAL_TEXTS.expired(grant.key_name, grant.expires_at ?? ""));
}

function notPaused(grant: Grant): Denial | null {
	return grant.paused ? deny("key_paused", DENIAL_TEXTS.paused(grant.key_name)) : null;
}

function tenantActive(grant: Grant): Denial | null {
	return grant.tenant.suspended ? deny("tenant_suspended", DENIAL_TEXTS.suspended(grant.tenant.name)) : null;
}

function addressAllowed(grant: Grant, facts: Facts): Denial | null {
	if (grant.allowed_ips === null || (facts.address !== null && grant.allowed_ips.has(facts.address))) return null;
	return deny(
		"ip_not_allowed",
		`The key "${grant.key_name}" may be used from its allowed addresses only, and this request does not come from one of them.`,
	);
}

function clientAllowed(grant: Grant, facts: Facts): Denial | null {
	if (!grant.blocks_clients || exposedClient(grant, facts.client) === null) return null;
	return deny(
		"client_not_allowed",
		"This request comes from a browser or an app, where its users can read the key. Call the API from your server, and replace this key.",
	);
}

function refusalsBudget(grant: Grant, _facts: Facts, at: Instant): Denial | null {
	if (grant.refusals === null || grant.refusals.peek(at.monotonic, REFUSALS_PER_MINUTE) > 0) return null;
	return deny(
		"too_many_refusals",
		`More than ${REFUSALS_PER_MINUTE} requests with this key were refused within a minute. Correct the refused requests.`,
		{
			retry_after_seconds: grant.refusals.nextFreeMs(at.monotonic, REFUSALS_PER_MINUTE, 1) / 1000,
		},
	);
}

function tenantMatches(grant: Grant, facts: Facts): Denial | null {
	return facts.tenant_id === null || facts.tenant_id === grant.tenant.id ? null : deny("not_found", DENIAL_TEXTS.notFound(grant.tenant));
}

function siteVisible(grant: Grant, facts: Facts, _at: Instant, site: SiteState | undefined): Denial | typeof SITE_NEEDED | null {
	if (facts.site_id === null) return null;
	if (grant.site_ids !== null && !grant.site_ids.has(facts.site_id)) return deny("not_found", DENIAL_TEXTS.notFound(grant.tenant));
	if (site === undefined) return SITE_NEEDED;
	return site === NO_SITE ? deny("not_found", DENIAL_TEXTS.notFound(grant.tenant)) : null;
}

function environmentMatches(grant: Grant, _facts: Facts, _at: Instant, site: SiteState | undefined): Denial | null {
	if (!site || site.environment === null || site.environment === grant.environment) return null;
	return deny("environment_mismatch", DENIAL_TEXTS.environment(grant.key_name, grant.environment, site.environment));
}

function capabilityIncluded(grant: Grant, facts: Facts): Denial | null {
	const { plan } = grant.tenant;
	if (facts.capability !== null && !plan.capabilities.has(facts.capability)) return lacksCapability(plan.name, facts.capability);
	for (const permission of facts.permissions) {
		if (grant.usable.has(permission)) continue;
		const capability = plan.catalogue.get(permission);
		if (capability !== undefined && !plan.capabilities.has(capability)) return lacksCapability(plan.name, capability);
	}
	return null;
}

function lacksCapability(plan: string, capability: string): Denial {
	return deny("capability_not_in_plan", DENIAL_TEXTS.capability(plan, capability), { members: { capability } });
}

function permissionHeld(grant: Grant, facts: Facts): Denial | null {
	for (const permission of facts.permissions) {
		if (grant.usable.has(permission)) continue;
		// A permission that was removed from the catalogue grants nothing, although keys still have it.
		if (grant.permissions.has(permission) && grant.tenant.plan.catalogue.has(permission)) continue;
		return deny("permission_missing", DENIAL_TEXTS.permission(grant.key_name, permission), { members: { permission } });
	}
	return null;
}

/** The contract's fixed order. Runs after the secret has matched and before anything is spent. */
export const CHECKS: readonly Check[] = [
	notRevoked,
	notReplaced,
	notExpired,
	notPaused,
	tenantActive,
	addressAllowed,
	clientAllowed,
	refusalsBudget,
	tenantMatches,
	siteVisible,
	environmentMatches,
	capabilityIncluded,
	permissionHeld,
];

/** The first denial in CHECKS, SITE_NEEDED when the site is not cached, or null. Spends nothing, so a dry run can call it. */
export function runChecks(grant: Grant, facts: Facts, at: Instant, site: SiteState | undefined): Denial | typeof SITE_NEEDED | null {
	for (const check of CHECKS) {
		const found = check(grant, facts, at, site);
		if (found !== null) return found;
	}
	return null;
}
