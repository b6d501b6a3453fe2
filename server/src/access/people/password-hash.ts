import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";

/** In user-perceived characters. */
export const PASSWORD_CHARACTERS_MIN = 10;
export const PASSWORD_CHARACTERS_MAX = 128;

/** scrypt (RFC 7914) of the password in NFKC: 32 MB, about 100 ms. Stored as `<salt>:<key>`, both in hexadecimal. */
const COST = { N: 16_384, r: 16, p: 1 } as const;
const MEMORY_BYTES_MAX = 128 * COST.N * COST.r * 2;
const KEY_BYTES = 64;
const SALT_BYTES = 16;
const STORED = /^([0-9a-f]{32}):([0-9a-f]{128})$/;

/** The part of an account that a password is compared with. */
export interface WithPassword {
	readonly password_hash: string | null;
}

function derive(password: string, salt: string): Promise<Buffer> {
	const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
	scrypt(password.normalize("NFKC"), salt, KEY_BYTES, { ...COST, maxmem: MEMORY_BYTES_MAX }, (error, key) => (error ? reject(error) : resolve(key)));
	return promise;
}

function deriveSalt(account: WithPassword): string | null {
	return STORED.exec(account.password_hash ?? "")?.[1] ?? null;
}

/** The result of comparing a password with the accounts of one address. */
export interface Compared<Account> {
	/** The first account that has the password; null when none has. */
	readonly account: Account | null;
	/** The hash of this password, to be stored for another account of the address. */
	readonly password_hash: string;
}

/**
 * Compares a password with the accounts of one address. They share a salt, so the time does not depend on their number and does not reveal
 * it.
 */
export async function comparePassword<Account extends WithPassword>(password: string, accounts: readonly Account[]): Promise<Compared<Account>> {
	const first = accounts.map(deriveSalt).find((salt) => salt !== null) ?? randomBytes(SALT_BYTES).toString("hex");
	const keys = new Map([[first, await derive(password, first)]]);
	let found: Account | null = null;
	for (const account of accounts) {
		const [, salt, stored] = STORED.exec(account.password_hash ?? "") ?? [];
		if (salt === undefined || stored === undefined) continue;
		const key = keys.get(salt) ?? (await derive(password, salt));
		keys.set(salt, key);
		if (timingSafeEqual(key, Buffer.from(stored, "hex"))) found ??= account;
	}
	return { account: found, password_hash: `${first}:${keys.get(first)?.toString("hex")}` };
}
