import { DENIAL_TEXTS } from "../core/denial-texts.ts";
import { type Address, getNetwork } from "../core/network.ts";
import { PROVEN_CHECK_NAMES, type ProvenCheckName } from "../failures/refusal.ts";
import type { ClientKind } from "./client-kind.ts";
import { type Denial, deny } from "./denial.ts";
import { exposedClient, type Grant, NO_SITE, type PlanState, type SiteState, type TenantState } from "./grants/grant.ts";

/** Refused requests per key and minute before further ones get 429. */
export const REFUSALS_PER_MINUTE = 600;
/** Addresses or sites of a key that a denial lists. */
const LISTED_MAX = 20;

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

/** What the checks read of a grant: a replay makes one that was never given. */
export interface CheckedGrant
	extends Pick<Grant, "key_name" | "environment" | "permissions" | "usable" | "site_ids" | "allowed_ips" | "blocks_clients" | "strict_clients">,
		Pick<Grant, "revoked" | "retired" | "retires_at_ms" | "expires_at_ms" | "expires_at" | "paused" | "refusals"> {
	readonly tenant: Pick<TenantState, "id" | "name" | "suspended"> & { readonly plan: Pick<PlanState, "name" | "capabilities" | "catalogue"> };
}

export type Check = (grant: CheckedGrant, facts: Facts, at: Instant, site: SiteState | undefined) => Denial | typeof SITE_NEEDED | null;

function notRevoked(grant: CheckedGrant): Denial | null {
	return grant.revoked ? deny("not_revoked", "key_revoked", DENIAL_TEXTS.revoked(grant.key_name)) : null;
}

function notReplaced(grant: CheckedGrant, _facts: Facts, at: Instant): Denial | null {
	const replaced = grant.retired || (grant.retires_at_ms !== null && grant.retires_at_ms <= at.now);
	if (!replaced) return null;
	const facts = grant.retires_at_ms === null ? {} : { facts: { replaced_at: new Date(grant.retires_at_ms).toISOString() } };
	return deny("not_replaced", "key_rotated", DENIAL_TEXTS.replaced(grant.key_name), facts);
}

function notExpired(grant: CheckedGrant, _facts: Facts, at: Instant): Denial | null {
	if (grant.expires_at_ms === null || grant.expires_at_ms > at.now) return null;
	const expired_at = grant.expires_at ?? "";
	return deny("not_expired", "key_expired", DENIAL_TEXTS.expired(grant.key_name, expired_at), { facts: { expired_at } });
}

function notPaused(grant: CheckedGrant): Denial | null {
	return grant.paused ? deny("not_paused", "key_paused", DENIAL_TEXTS.paused(grant.key_name)) : null;
}

function tenantActive(grant: CheckedGrant): Denial | null {
	return grant.tenant.suspended ? deny("tenant_active", "tenant_suspended", DENIAL_TEXTS.suspended(grant.tenant.name)) : null;
}

function addressAllowed(grant: CheckedGrant, facts: Facts): Denial | null {
	if (grant.allowed_ips === null || (facts.address !== null && grant.allowed_ips.has(facts.address))) return null;
	return deny(
		"address_allowed",
		"ip_not_allowed",
		`The key "${grant.key_name}" may be used from its allowed addresses only, and this request does not come from one of them.`,
		{
			facts: { allowed_ips: grant.allowed_ips.entries.slice(0, LISTED_MAX), network: facts.address === null ? "unknown" : getNetwork(facts.address) },
		},
	);
}

function clientAllowed(grant: CheckedGrant, facts: Facts): Denial | null {
	if (!grant.blocks_clients || exposedClient(grant, facts.client) === null) return null;
	return deny(
		"client_allowed",
		"client_not_allowed",
		"This request comes from a browser or an app, where its users can read the key. Call the API from your server, and replace this key.",
		{ facts: { client: facts.client } },
	);
}

function refusalsBudget(grant: CheckedGrant, _facts: Facts, at: Instant): Denial | null {
	if (grant.refusals === null || grant.refusals.peek(at.monotonic, REFUSALS_PER_MINUTE) > 0) return null;
	const wait_ms = grant.refusals.nextFreeMs(at.monotonic, REFUSALS_PER_MINUTE, 1);
	return deny(
		"refusals_budget",
		"too_many_refusals",
		`More than ${REFUSALS_PER_MINUTE} requests with this key were refused within a minute. Correct the refused requests.`,
		{
			metadata: { retry_after_seconds: wait_ms / 1000 },
			facts: { refusals_per_minute: REFUSALS_PER_MINUTE, refills_at: new Date(at.now + wait_ms).toISOString() },
		},
	);
}

function tenantMatches(grant: CheckedGrant, facts: Facts): Denial | null {
	if (facts.tenant_id === null || facts.tenant_id === grant.tenant.id) return null;
	return deny("tenant_matches", "not_found", DENIAL_TEXTS.notFound(grant.tenant), { facts: { key_tenant_id: grant.tenant.id } });
}

function siteVisible(grant: CheckedGrant, facts: Facts, _at: Instant, site: SiteState | undefined): Denial | typeof SITE_NEEDED | null {
	if (facts.site_id === null) return null;
	if (grant.site_ids !== null && !grant.site_ids.has(facts.site_id)) return siteNotFound(grant);
	if (site === undefined) return SITE_NEEDED;
	return site === NO_SITE ? siteNotFound(grant) : null;
}

/** The requested id is not stored: it may be anything. */
function siteNotFound(grant: CheckedGrant): Denial {
	const key_site_ids = grant.site_ids === null ? null : [...grant.site_ids].slice(0, LISTED_MAX);
	return deny("site_visible", "not_found", DENIAL_TEXTS.notFound(grant.tenant), { facts: { key_tenant_id: grant.tenant.id, key_site_ids } });
}

function environmentMatches(grant: CheckedGrant, { site_id }: Facts, _at: Instant, site: SiteState | undefined): Denial | null {
	if (!site || site.environment === null || site.environment === grant.environment) return null;
	const facts = { site_id, key_environment: grant.environment, site_environment: site.environment };
	return deny("environment_matches", "environment_mismatch", DENIAL_TEXTS.environment(grant.key_name, grant.environment, site.environment), {
		facts,
	});
}

function capabilityIncluded(grant: CheckedGrant, facts: Facts): Denial | null {
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
	const known = { metadata: { members: { capability } }, facts: { capability, plan } };
	return deny("capability_included", "capability_not_in_plan", DENIAL_TEXTS.capability(plan, capability), known);
}

function permissionHeld(grant: CheckedGrant, facts: Facts): Denial | null {
	for (const permission of facts.permissions) {
		if (grant.usable.has(permission)) continue;
		// A permission that was removed from the catalogue grants nothing, although keys still have it.
		if (grant.permissions.has(permission) && grant.tenant.plan.catalogue.has(permission)) continue;
		const known = { metadata: { members: { permission } }, facts: { permission } };
		return deny("permission_held", "permission_missing", DENIAL_TEXTS.permission(grant.key_name, permission), known);
	}
	return null;
}

const BY_NAME: Readonly<Record<ProvenCheckName, Check>> = {
	not_revoked: notRevoked,
	not_replaced: notReplaced,
	not_expired: notExpired,
	not_paused: notPaused,
	tenant_active: tenantActive,
	address_allowed: addressAllowed,
	client_allowed: clientAllowed,
	refusals_budget: refusalsBudget,
	tenant_matches: tenantMatches,
	site_visible: siteVisible,
	environment_matches: environmentMatches,
	capability_included: capabilityIncluded,
	permission_held: permissionHeld,
};

/** The contract's fixed order, which explanations show. Runs after the secret has matched and before anything is spent. */
export const CHECKS: readonly Check[] = PROVEN_CHECK_NAMES.map((name) => BY_NAME[name]);

/** The first denial in CHECKS, SITE_NEEDED when the site is not cached, or null. Spends nothing, so a dry run can call it. */
export function runChecks(grant: CheckedGrant, facts: Facts, at: Instant, site: SiteState | undefined): Denial | typeof SITE_NEEDED | null {
	for (const check of CHECKS) {
		const found = check(grant, facts, at, site);
		if (found !== null) return found;
	}
	return null;
}
