import { ApiError } from "../../core/error.ts";
import { newId } from "../../core/id.ts";
import type { Tx } from "../../database/transaction.ts";
import type { AnonymousContext } from "../anonymous.ts";
import { accountChanged, makeAccount, type ProofEntries, proveAddress } from "../people/prove-address.ts";
import { type SignInContext, WRONG_SIGN_IN } from "../people/sign-in.ts";
import { type AccountWithPassword, readAccountForShare } from "../people/store.ts";

/** The account that accepts an invitation: an existing one, or one to create. */
export interface Joining {
	readonly account: AccountWithPassword;
	readonly is_new: boolean;
	/** Whether the link verifies the address. */
	readonly proves: boolean;
}

/**
 * Finds the account with this address and password, or prepares a new one with `name`. Unless the link verifies the address, the outcome
 * does not reveal whether an account exists. 401 `credential_invalid`; 429 `rate_limited`; 400 `invalid_request` without a name where only
 * a new account is possible.
 */
export async function findJoiningAccount(
	context: SignInContext & AnonymousContext,
	by: { email: string; password: string; name?: string; proves: boolean },
): Promise<Joining> {
	const { email, password, name, proves } = by;
	const { sign_in, anonymous } = context;
	const approach = await sign_in.approach(anonymous, email);
	const [first] = approach.all;
	const accounts = proves && first?.proven ? [first] : approach.accounts;
	const compare = async (): Promise<Joining | null> => {
		const { account, password_hash } = await sign_in.comparing(password, accounts);
		if (account) return { account, is_new: false, proves };
		if (name === undefined || (proves && first?.proven)) return null;
		return { account: { id: newId("per"), name: name.trim(), email, proven: proves, password_hash }, is_new: true, proves };
	};
	const wrong = () => new ApiError("credential_invalid", WRONG_JOIN);
	// Creating an account may be a guess at an existing account's password, so it still spends every budget but the caller's address.
	return sign_in.guarded(approach.budgets, compare, wrong, ({ is_new }, { kind }) => is_new && kind !== "address");
}

const WRONG_JOIN = `${WRONG_SIGN_IN} Without an account yet, send the name as well.`;

/** Creates the account, or locks the existing one until commit; a link that verifies the address takes it over. 409 `conflict`. */
export async function resolveAccount(tx: Tx, joining: Joining, now: Date): Promise<ProofEntries> {
	const { account, is_new, proves } = joining;
	if (is_new) return makeAccount(tx, account, now);
	if (proves) return proveAddress(tx, account, now);
	if (!(await readAccountForShare(tx, account.id, account.email))) throw accountChanged();
	return [];
}
