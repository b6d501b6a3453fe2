import { type ChangeContext, change } from "../audit/change.ts";
import { reauthorizeConfirmed } from "../audit/reauthorize.ts";
import { canonicalJson } from "../core/canonical.ts";
import type { Tx } from "../database/transaction.ts";
import type { KeyPolicy } from "../plans/key-policy.ts";
import { readCatalogue } from "../plans/store.ts";
import { getKeyPolicy } from "../tenants/tenant.ts";
import { toBudgets, validateBudgets, validateNotBudgets } from "./budgets/budget.ts";
import { validateCanary } from "./canaries/canary.ts";
import { type KeyForChange, lockUnrevoked } from "./change-key.ts";
import { NO_MAXIMUM, resolveExpiry, rotationDueAt } from "./expiry/lifetime.ts";
import { assertRoomForCanary, assertRoomForKey, invalidKey } from "./guards.ts";
import { getKeyStatus, type Key, toKeyOwner } from "./key.ts";
import { getLostRequirements, toPolicyErrors } from "./key-policy.ts";
import { validateRateLimits } from "./rate-limits.ts";
import { readKeyResponse } from "./response.ts";
import { validateAutoRotate } from "./schedule/auto-rotate.ts";
import type { KeyAnswer, UpdateInput } from "./schema.ts";
import {
	assertPermissionsInPlan,
	defaultPermissions,
	parseAllowedIps,
	validateOwner,
	validatePermissions,
	validateSites,
	withoutRepetitions,
} from "./scope.ts";
import { readSecrets } from "./secrets/store.ts";
import { type KeyChanges, readSiteEnvironments, updateKey } from "./store.ts";

function sameSet(a: readonly string[] | null, b: readonly string[] | null): boolean {
	if (a === null || b === null) return a === b;
	return canonicalJson([...a].sort()) === canonicalJson([...b].sort());
}

/** Whether `expires_at` is unchanged. It is then not validated again, since the plan's limit may have been lowered. */
function isSameTime(wanted: string | null, time: Date | null): boolean {
	return wanted === null || time === null ? wanted === time : new Date(wanted).getTime() === time.getTime();
}

/** Validates the changes of scope, limits and expiry. 400 `invalid_request`; 403 `capability_not_in_plan`. */
async function validateChanges(tx: Tx, input: UpdateInput, found: KeyForChange, now: number): Promise<KeyChanges> {
	const { key, plan } = found;
	const changes: KeyChanges = {};
	const errors = input.owner === undefined ? [] : await validateOwner(tx, key.tenant_id, input.owner, key.owner);
	if (input.permissions) {
		const catalogue = await readCatalogue(tx);
		const unknown = validatePermissions(input.permissions, catalogue, plan, key.permissions);
		errors.push(...unknown);
		changes.permissions = withoutRepetitions(input.permissions);
		if (unknown.length === 0) assertPermissionsInPlan(changes.permissions, catalogue, plan, key.permissions);
	}
	if (input.site_ids !== undefined) {
		changes.site_ids = input.site_ids && withoutRepetitions(input.site_ids);
		const sites = await readSiteEnvironments(tx, key.tenant_id, changes.site_ids ?? []);
		errors.push(...validateSites(input.site_ids ?? [], sites, key.environment, key.site_ids ?? []));
	}
	if (input.allowed_ips !== undefined) {
		const ips = parseAllowedIps(input.allowed_ips);
		if (Array.isArray(ips)) errors.push(...ips);
		else changes.allowed_ips = ips.allowed_ips;
	}
	if (input.rate_limits !== undefined) {
		errors.push(...validateRateLimits(input.rate_limits, plan, key.rate_limits));
		if (input.budgets === undefined) errors.push(...validateNotBudgets(input.rate_limits, key.budgets));
		changes.rate_limits = input.rate_limits;
	}
	if (input.budgets !== undefined) {
		const of_key = input.rate_limits ?? key.rate_limits;
		errors.push(...validateBudgets(input.budgets, { of_plan: plan.rate_limits, of_key, current: key.budgets }));
		changes.budgets = toBudgets(input.budgets);
	}
	if (input.expires_at !== undefined && !isSameTime(input.expires_at, key.expires_at)) {
		const expiry = resolveExpiry(input.expires_at, key.canary ? NO_MAXIMUM : plan, now);
		if ("pointer" in expiry) errors.push(expiry);
		else changes.expires_at = expiry.expires_at;
	}
	errors.push(...validateCanary({ ...input, canary: key.canary }));
	errors.push(...toPolicyErrors(await findLost(tx, input, found, changes), errors));
	if (errors.length > 0) throw invalidKey(errors);
	return changes;
}

/** The requirements of the key policy that the key meets now and would not meet with the changes. */
async function findLost(tx: Tx, input: UpdateInput, found: KeyForChange, changes: KeyChanges): Promise<KeyPolicy> {
	const policy = getKeyPolicy(found);
	if (policy.length === 0) return [];
	const after: Key = { ...found.key, ...plainChanges(input), ...changes };
	return getLostRequirements(tx, policy, { before: found.key, after }, defaultPermissions(found.plan, await readCatalogue(tx)));
}

/** The changes that the schema has validated fully. */
function plainChanges(input: UpdateInput): KeyChanges {
	return {
		...(input.name === undefined ? {} : { name: input.name.trim() }),
		...(input.owner === undefined ? {} : { owner: toKeyOwner(input.owner) }),
		...(input.integration === undefined ? {} : { integration: input.integration?.trim() ?? null }),
		...(input.labels === undefined ? {} : { labels: input.labels }),
		...(input.client_policy === undefined ? {} : { client_policy: input.client_policy }),
		...(input.rotate_every_days === undefined ? {} : { rotate_every_days: input.rotate_every_days }),
		...(input.auto_rotate === undefined ? {} : { auto_rotate: input.auto_rotate }),
	};
}

const SETS = new Set<string>(["permissions", "site_ids", "allowed_ips"]);

/** The changes that differ from the stored values. */
function differing(changes: KeyChanges, key: Key): KeyChanges {
	const before: Record<string, unknown> = { ...key };
	const entries = Object.entries(changes).filter(([field, value]) => {
		const was = before[field];
		return SETS.has(field) ? !sameSet(asTexts(value), asTexts(was)) : canonicalJson(value) !== canonicalJson(was);
	});
	return Object.fromEntries(entries);
}

/** Guarantee: called with the fields named in SETS only, which hold lists of texts or null. */
function asTexts(value: unknown): readonly string[] | null {
	return value as readonly string[] | null;
}

function getAuditDetails(key: Key, changes: KeyChanges): Record<string, unknown> {
	const was: Record<string, unknown> = { ...key };
	const before = Object.fromEntries(Object.keys(changes).map((field) => [field, was[field]]));
	return { name: key.name, environment: key.environment, before, after: changes };
}

const SCHEDULE: readonly (keyof Key)[] = ["auto_rotate", "rotate_every_days", "owner"];

/**
 * Only what changes is validated: a key whose responsible person has left can still be renamed. To decide to whom a secret is mailed needs a recent
 * password, as a handover by hand does.
 */
async function validateSchedule(tx: Tx, key: Key, changes: KeyChanges): Promise<void> {
	if (!SCHEDULE.some((field) => field in changes)) return;
	const errors = await validateAutoRotate(tx, key);
	if (errors.length > 0) throw invalidKey(errors);
	if (key.auto_rotate === "handover") await reauthorizeConfirmed(tx);
}

/** The period starts when the current secret was issued, or the key if it has none. A shorter one can therefore be due immediately. */
async function rotationChange(tx: Tx, key: Key, rotate_every_days: number | null): Promise<KeyChanges> {
	const secrets = (await readSecrets(tx, key.tenant_id, [key.id])).get(key.id) ?? [];
	const current = secrets.find((secret) => secret.retired_at === null && secret.retires_at === null) ?? secrets[0];
	return { rotation_due_at: rotationDueAt((current ?? key).created_at, rotate_every_days) };
}

/**
 * Changes the given settings of a key; equal values change nothing. After this returns, no node uses the old values.
 * 400 `invalid_request`; 403 `capability_not_in_plan`, `confirmation_needed` for a link by schedule; 404 `not_found`; 409 `conflict` for a revoked key,
 * and when an expired key would live again beyond the plan's number of keys.
 */
export async function updateKeySettings(context: ChangeContext, input: UpdateInput & { tenant_id: string; key_id: string }): Promise<KeyAnswer> {
	const { tenant_id, key_id } = input;
	return change(context, async (tx) => {
		const now = context.clock.now();
		const found = await lockUnrevoked(tx, input, "update");
		const { key: before, plan } = found;
		const changes = differing({ ...plainChanges(input), ...(await validateChanges(tx, input, found, now)) }, before);
		if (Object.keys(changes).length === 0) return { unchanged: await readKeyResponse(tx, before, now) };
		if (changes.rotate_every_days !== undefined) Object.assign(changes, await rotationChange(tx, before, changes.rotate_every_days));
		const key: Key = { ...before, ...changes };
		await validateSchedule(tx, key, changes);
		if (getKeyStatus(before, now) === "expired" && getKeyStatus(key, now) !== "expired")
			await (key.canary ? assertRoomForCanary(tx, tenant_id, new Date(now)) : assertRoomForKey(tx, tenant_id, plan, new Date(now)));
		await updateKey(tx, tenant_id, key_id, changes, new Date(now));
		return {
			result: await readKeyResponse(tx, key, now),
			audit: [{ action: "key.updated", target: { kind: "key", id: key_id }, details: getAuditDetails(before, changes), tenant_id }],
			invalidates: [{ kind: "key", id: key_id }],
			events: [{ tenant_id, type: "key.updated", data: { key_id, name: key.name, environment: key.environment, changed: Object.keys(changes) } }],
		};
	});
}
