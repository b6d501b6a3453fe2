import type { Actor } from "../core/context.ts";
import type { ReadTx, RecordTx, Tx } from "../database/transaction.ts";

/** What a link of `sign_in_links` does: it sets a new password, or signs in. */
export type LinkPurpose = "password" | "sign_in";

export interface SignInLinkRow {
	readonly token_digest: Buffer;
	readonly purpose: LinkPurpose;
	readonly person_id: string;
	/** Which address the link proves. */
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

/** Whom a link that waits belongs to; null for one that is unknown, used or too old. */
export async function readSignInLink(
	tx: ReadTx,
	token_digest: Buffer,
	purpose: LinkPurpose,
	now: Date,
): Promise<{ person_id: string; email: string } | null> {
	const row = await tx
		.selectFrom("sign_in_links")
		.select(["person_id", "email"])
		.where("token_digest", "=", token_digest)
		.where("purpose", "=", purpose)
		.where("expires_at", ">", now)
		.executeTakeFirst();
	return row ?? null;
}

/** Uses a link up; false when it waits no more. Of two at once, one. */
export async function useSignInLink(tx: Tx, token_digest: Buffer): Promise<boolean> {
	const deleted = await tx.deleteFrom("sign_in_links").where("token_digest", "=", token_digest).executeTakeFirst();
	return deleted.numDeletedRows === 1n;
}
