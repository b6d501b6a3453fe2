import { ApiError } from "../../core/error.ts";
import { newId } from "../../core/id.ts";
import type { Tx } from "../../database/transaction.ts";
import type { AnonymousContext } from "../anonymous.ts";
import { accountChanged, makeAccount, type ProofNotes, proveAddress } from "../people/prove-address.ts";
import { type SignInContext, WRONG_SIGN_IN } from "../people/sign-in.ts";
import { type AccountWithPassword, readAccountForShare } from "../people/store.ts";

/** Who comes by an invitation: with an account that is there, or with one that is made when they join. */
export interface Joining {
	readonly account: AccountWithPassword;
	readonly is_new: boolean;
	/** Whether the link shows that the address is theirs. */
	readonly proves: boolean;
}

/**
 * Finds who joins with this address and password. The account that has the password joins; else `name` makes a new one. By a link that proves nothing
 * this answers the same whether the address has an account or not. Throws 401 `credential_invalid`, 429 `rate_limited`; 400 `invalid_request`
 * without a name where only a new account can be meant.
 */
export async function whoJoins(
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
	// A new account may have been a guess at the password of one that there is: it counts as one, but for the visitor's address.
	return sign_in.guarded(approach.budgets, compare, wrong, ({ is_new }, { kind }) => is_new && kind !== "address");
}

const WRONG_JOIN = `${WRONG_SIGN_IN} Without an account yet, send the name as well.`;

/** Makes the account, or holds the one there is until the transaction ends; a link that proves the address takes it over. 409 `conflict`. */
export async function resolveAccount(tx: Tx, joining: Joining, now: Date): Promise<ProofNotes> {
	const { account, is_new, proves } = joining;
	if (is_new) return makeAccount(tx, account, now);
	if (proves) return proveAddress(tx, account, now);
	if (!(await readAccountForShare(tx, account.id, account.email))) throw accountChanged();
	return [];
}
