import type { Actor } from "../../core/context.ts";
import type { ReadTx, RecordTx, Tx } from "../../database/transaction.ts";
import type { Maker } from "../../tenants/team/ending.ts";
import { madeBy } from "../../tenants/team/maker-store.ts";

/** What a link of `sign_in_links` does: it sets a new password, signs in, or changes the address. */
export type LinkPurpose = "password" | "sign_in" | "address";

export interface SignInLinkRow {
	readonly token_digest: Buffer;
	readonly purpose: LinkPurpose;
	readonly person_id: string;
	/** The address that the link verifies. */
	readonly email: string;
	readonly created_at: Date;
	/** Null for a link that was mailed to the address. */
	readonly created_by: Actor | null;
	readonly expires_at: Date;
}

export async function insertSignInLink(tx: RecordTx | Tx, row: SignInLinkRow): Promise<void> {
	const created_by = row.created_by && JSON.stringify(row.created_by);
	await tx
		.insertInto("sign_in_links")
		.values({ ...row, created_by })
		.execute();
}

export interface LinkMaker {
	readonly kind: string;
	readonly id?: string;
}

/** Guarantee: the column holds an `Actor`, or null for a link that was mailed. */
export function asLinkMaker(created_by: unknown): LinkMaker | null {
	return created_by as LinkMaker | null;
}

/** The person of a pending link, and who created it; null when it is unknown, used or expired. */
export async function readSignInLink(
	tx: ReadTx,
	token_digest: Buffer,
	purpose: LinkPurpose,
	now: Date,
): Promise<{ person_id: string; email: string; created_by: LinkMaker | null } | null> {
	const row = await tx
		.selectFrom("sign_in_links")
		.select(["person_id", "email", "created_by"])
		.where("token_digest", "=", token_digest)
		.where("purpose", "=", purpose)
		.where("expires_at", ">", now)
		.executeTakeFirst();
	return row ? { ...row, created_by: asLinkMaker(row.created_by) } : null;
}

/** A pending link that a given maker created, with its person. */
export interface MadeLink {
	readonly person_id: string;
	readonly email: string;
	readonly purpose: string;
}

const MADE_COLUMNS = ["person_id", "email", "purpose"] as const;

export async function readLinksMadeBy(tx: ReadTx, makers: readonly Maker[], now: Date): Promise<MadeLink[]> {
	return tx.selectFrom("sign_in_links").select(MADE_COLUMNS).where("expires_at", ">", now).where(madeBy("created_by", makers)).execute();
}

/** Deletes the pending links that `makers` created, and returns them. */
export async function deleteLinksMadeBy(tx: Tx, makers: readonly Maker[]): Promise<MadeLink[]> {
	return tx.deleteFrom("sign_in_links").where(madeBy("created_by", makers)).returning(MADE_COLUMNS).execute();
}

/** Deletes the pending links by which the person would change the address. */
export async function deleteAddressLinks(tx: RecordTx | Tx, person_id: string): Promise<void> {
	await tx.deleteFrom("sign_in_links").where("person_id", "=", person_id).where("purpose", "=", "address").execute();
}

/** Uses a link up; false when it is no longer pending. Of two concurrent calls one succeeds. */
export async function useSignInLink(tx: Tx, token_digest: Buffer): Promise<boolean> {
	const deleted = await tx.deleteFrom("sign_in_links").where("token_digest", "=", token_digest).executeTakeFirst();
	return deleted.numDeletedRows === 1n;
}
