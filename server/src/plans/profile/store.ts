import type { ReadTx, Tx } from "../../database/transaction.ts";
import { NOTHING_SET, type StoredProfile, storedProfileFrom } from "./profile.ts";

export async function readProfile(tx: ReadTx): Promise<StoredProfile> {
	const row = await tx.selectFrom("api_profile").select("profile").executeTakeFirst();
	return row ? storedProfileFrom(row.profile) : NOTHING_SET;
}

/** Reads the profile FOR UPDATE. */
export async function lockProfile(tx: Tx): Promise<StoredProfile> {
	await tx
		.insertInto("api_profile")
		.values({ profile: "{}" })
		.onConflict((conflict) => conflict.doNothing())
		.execute();
	const row = await tx.selectFrom("api_profile").select("profile").forUpdate().executeTakeFirstOrThrow();
	return storedProfileFrom(row.profile);
}

/** Replaces the profile that `lockProfile` has read. */
export async function saveProfile(tx: Tx, profile: StoredProfile, now: Date): Promise<void> {
	await tx
		.updateTable("api_profile")
		.set({ profile: JSON.stringify(profile), updated_at: now })
		.execute();
}
