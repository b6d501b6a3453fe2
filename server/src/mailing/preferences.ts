import { getMember, type SignedInContext } from "../access/people/session.ts";
import { record } from "../audit/record.ts";
import { ALL_TENANTS } from "../core/context.ts";
import type { DatabaseContext } from "../database/database.ts";
import { read } from "../database/transaction.ts";
import { tenantNotFound } from "../tenants/tenant.ts";
import type { ROUTINE_CLASSES } from "./classes.ts";
import { readPreferences } from "./preference-store.ts";
import { storeUnsubscription } from "./queue-store.ts";

type RoutineClass = (typeof ROUTINE_CLASSES)[number];

/** Which mails about one tenant a person gets; those about security cannot be switched off. */
export type MailPreferences = { readonly tenant: { readonly id: string; readonly name: string } } & Readonly<Record<RoutineClass, boolean>>;

export type PreferenceContext = Pick<DatabaseContext, "database" | "clock"> & SignedInContext;

/** The mails that the signed-in person gets, by tenant. 409 `conflict` for a portal session, which gets none. */
export async function listMailPreferences(context: PreferenceContext): Promise<{ address_proven: boolean; data: MailPreferences[] }> {
	const { person_id } = getMember(context);
	const { address_proven, tenants } = await read({ database: context.database, scope: ALL_TENANTS }, (tx) => readPreferences(tx, person_id));
	return { address_proven, data: tenants.map(({ id, name, stopped }) => toPreferences({ id, name }, stopped)) };
}

/** Switches mails of one class about one tenant on or off for the signed-in person. 404 `not_found` for a tenant that they are no member of. */
export async function putMailPreference(
	context: PreferenceContext,
	input: { tenant_id: string; class: RoutineClass; mailed: boolean },
): Promise<{ tenant_id: string; class: RoutineClass; mailed: boolean }> {
	const { person_id } = getMember(context);
	const { tenant_id, class: of, mailed } = input;
	const stopped_at = mailed ? null : new Date(context.clock.now());
	const is_member = await record(context, (tx) => storeUnsubscription(tx, { tenant_id, person_id, classes: [of] }, stopped_at));
	if (!is_member) throw tenantNotFound();
	return { tenant_id, class: of, mailed };
}

function toPreferences(tenant: MailPreferences["tenant"], stopped: readonly string[]): MailPreferences {
	const wanted = (of: RoutineClass): boolean => !stopped.includes(of);
	return { tenant, key_use: wanted("key_use"), rotation: wanted("rotation"), expiry: wanted("expiry") };
}
