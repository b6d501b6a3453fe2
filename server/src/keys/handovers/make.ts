import { type CallerContext, linkExpiryMax } from "../../core/caller.ts";
import { ApiError } from "../../core/error.ts";
import { newId } from "../../core/id.ts";
import type { OneTimeToken } from "../../core/one-time-token.ts";
import { DAY_MS } from "../../core/time.ts";
import type { Tx } from "../../database/transaction.ts";
import { normalEmail } from "../../http/input/fields.ts";
import { composeMail } from "../../outbox/mail/mails.ts";
import type { HandoverContext, KeysContext } from "../context.ts";
import { type Key, toKeyActor } from "../key.ts";
import { toHandoverResponse } from "../response.ts";
import type { Environment } from "../secrets/format.ts";
import { giverName, HANDOVER_SECONDS_DEFAULT, type Handover } from "./handover.ts";
import type { HandoverInput, MadeHandover } from "./schema.ts";
import { countMailedHandovers, insertHandover } from "./store.ts";

export const ENVIRONMENT_WORDS: Readonly<Record<Environment, string>> = { prod: "production", staging: "staging", dev: "development" };
/** Bounds the unsolicited mail that a tenant can cause. */
const MAILED_PER_DAY_MAX = 200;

async function assertMayMail(tx: Tx, tenant_id: string, now: number): Promise<void> {
	const { made, first_made_at } = await countMailedHandovers(tx, tenant_id, new Date(now - DAY_MS));
	if (made < MAILED_PER_DAY_MAX || first_made_at === null) return;
	throw new ApiError(
		"rate_limited",
		`${made} keys were handed over by mail within 24 hours, which is the limit. Hand this one over without an e-mail address, or wait for the seconds in Retry-After.`,
		{ retry_after_seconds: Math.ceil((first_made_at.getTime() + DAY_MS - now) / 1_000) },
	);
}

/** Inserts a handover that expires with the key, or with the portal session that creates it, at the latest. Requires the tenant to be locked. 429 `rate_limited` for too many mails. */
export async function makeHandover(
	tx: Tx,
	context: KeysContext & Partial<CallerContext>,
	key: Key,
	input: HandoverInput & { readonly member_id?: string },
	token: OneTimeToken,
	rotation_id: string | null = null,
): Promise<Handover> {
	const now = context.clock.now();
	if (input.email !== undefined) await assertMayMail(tx, key.tenant_id, now);
	const wanted_ms = now + (input.expires_in_seconds ?? HANDOVER_SECONDS_DEFAULT) * 1_000;
	const handover: Handover = {
		id: newId("hnd"),
		key_id: key.id,
		email: input.email === undefined ? null : normalEmail(input.email),
		created_at: new Date(now),
		created_by: toKeyActor(context.actor),
		expires_at: new Date(Math.min(wanted_ms, key.expires_at?.getTime() ?? wanted_ms, context.caller ? linkExpiryMax(context.caller) : wanted_ms)),
		claimed_at: null,
		claimed_by: null,
		cancelled_at: null,
		member_id: input.member_id ?? null,
		rotation_id,
	};
	await insertHandover(tx, key.tenant_id, handover, token.digest);
	return handover;
}

export function handoverDetails(handover: Handover, replaced_handover_ids: readonly string[] = []): Record<string, unknown> {
	const { id, email, expires_at } = handover;
	return { handover_id: id, email, expires_at: expires_at.toISOString(), replaced_handover_ids };
}

/** Builds the link of a committed handover and mails it if it has an address and mail is configured. The token is stored nowhere. */
export async function sendHandover(
	context: HandoverContext,
	made: { handover: Handover; key: Pick<Key, "name" | "environment">; tenant_name: string; token: OneTimeToken },
): Promise<MadeHandover> {
	const { handover, key } = made;
	const { email, expires_at } = handover;
	const handover_url = `${context.profile.public_url}/reveal#${made.token.text}`;
	const { product_name } = context.profile.known;
	const giver = giverName(handover.created_by, product_name);
	const words = { giver, key_name: key.name, environment: ENVIRONMENT_WORDS[key.environment], tenant_name: made.tenant_name, product_name };
	const mailed =
		email !== null && (await context.mailer.send(composeMail("handover", email, { ...words, link: { href: handover_url }, expires_at })));
	return { handover: toHandoverResponse(handover, context.clock.now()), handover_url, mailed };
}
