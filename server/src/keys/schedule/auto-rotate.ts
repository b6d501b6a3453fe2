import type { InputError } from "../../core/error.ts";
import type { ReadTx } from "../../database/transaction.ts";
import type { Key } from "../key.ts";
import { findReachable } from "./responsible-store.ts";

/** Errors for a schedule that could never run: a key that is never due, or a link without a person to whom it can be mailed. */
export async function validateAutoRotate(
	tx: ReadTx,
	key: Pick<Key, "tenant_id" | "auto_rotate" | "rotate_every_days" | "owner">,
): Promise<InputError[]> {
	const { tenant_id, auto_rotate, rotate_every_days, owner } = key;
	const pointer = "/auto_rotate";
	if (auto_rotate === null) return [];
	if (rotate_every_days === null)
		return [{ pointer, detail: "needs `rotate_every_days`, without which the key is never due: set it too, or use null" }];
	if (auto_rotate !== "handover" || (await findReachable(tx, tenant_id, owner.member_id))) return [];
	const detail =
		"handover needs a responsible person who is a member with a proven e-mail address: set `owner.member_id` to one, or use another value";
	return [{ pointer, detail }];
}
