import type { Clock } from "../core/clock.ts";
import { ALL_TENANTS } from "../core/context.ts";
import { Failure } from "../core/error.ts";
import { deriveKey, type Peppers } from "../core/pepper.ts";
import type { Database } from "../database/database.ts";
import { read } from "../database/read.ts";
import { isUnavailable, unavailable } from "../database/transaction.ts";
import { type CookieRules, cookieValues } from "../http/session-cookies.ts";
import { Attempts } from "./attempts.ts";
import { type AuthLibrary, createAuthLibrary, refusalOfLibrary } from "./auth-library.ts";
import { type Compared, comparePassword } from "./password-hash.ts";
import { type AccountWithPassword, readAccount, readAccounts } from "./people-store.ts";
import type { SignedInMember } from "./signed-in.ts";
import type { Visitor } from "./visitor.ts";

const PER_ADDRESS = { attempts: 40, window_seconds: 300 };
const PER_ACCOUNT_AND_ADDRESS = { attempts: 10, window_seconds: 900 };
/** Of one account from all addresses: enough that strangers can hardly lock its person out, too few to guess. */
const PER_ACCOUNT = { attempts: 100, window_seconds: 3_600 };
const RESETS_PER_ACCOUNT = { attempts: 3, window_seconds: 900 };
/** Each holds 32 MB for a tenth of a second. */
const PASSWORDS_HASHED_AT_ONCE = 8;

export interface SignInOptions {
	readonly database: Database;
	readonly clock: Clock;
	readonly peppers: Peppers;
	readonly public_url: string;
	readonly cookies: CookieRules;
}

/** What an action that deals with passwords and sign-ins needs. */
export interface SignInContext {
	readonly sign_in: SignIn;
}

export const WRONG_SIGN_IN = "The e-mail address or the password is not right.";

/** People's passwords and sign-ins: passwords compared here, behind limits of attempts; sessions of the library. */
export class SignIn {
	readonly library: AuthLibrary;
	readonly #options: SignInOptions;
	readonly #addresses: Attempts;
	readonly #pairs: Attempts;
	readonly #accounts: Attempts;
	readonly #resets: Attempts;
	#hashing = 0;

	constructor(options: SignInOptions) {
		const { clock } = options;
		this.#options = options;
		this.#addresses = new Attempts(clock, PER_ADDRESS);
		this.#pairs = new Attempts(clock, PER_ACCOUNT_AND_ADDRESS);
		this.#accounts = new Attempts(clock, PER_ACCOUNT);
		this.#resets = new Attempts(clock, RESETS_PER_ACCOUNT);
		const secret = deriveKey(options.peppers.current, "sign-in sessions").toString("base64url");
		this.library = createAuthLibrary({ ...options, queries: options.database.queries, secret });
	}

	/** Begins a session and gives the visitor its cookie. 401 `credential_invalid`, the same for unknown addresses; 429 `rate_limited`. */
	async begin(visitor: Visitor, input: { email: string; password: string; remember: boolean }): Promise<void> {
		const { email, password, remember } = input;
		const account = await this.guarded(visitor, email, async () => (await this.compare(email, password)).account);
		await this.beginSession(visitor, account.id, remember);
	}

	/** Begins a session of somebody who has proved who they are, and gives the visitor its cookie. 401 `credential_invalid` for an account that has gone. */
	async beginSession(visitor: Visitor, person_id: string, remember = true): Promise<void> {
		const body = { person_id, remember };
		const answer = await this.#call(() => this.library.api.beginSession({ body, headers: headersOf(visitor), returnHeaders: true }));
		if (typeof answer === "string" || !answer.response.begun) throw new Failure("credential_invalid", WRONG_SIGN_IN);
		visitor.setCookies(answer.headers.getSetCookie());
	}

	/** The session that the visitor's cookie stands for, read from the database; null when there is none, or none any more. */
	async sessionOf(cookie_header: string): Promise<SignedInMember | null> {
		if (cookieValues(cookie_header, this.#options.cookies.names.member).length !== 1) return null;
		const headers = new Headers({ cookie: cookie_header });
		const found = await this.#call(() => this.library.api.getSession({ headers, query: { disableRefresh: true, disableCookieCache: true } }));
		if (found === null || typeof found === "string") return null;
		const { session, user } = found;
		// The address was proved by somebody else while this session began.
		if (emailOf(user) === null) return null;
		return {
			kind: "member",
			person_id: user.id,
			session_id: session.id,
			name: user.name,
			email: user.email,
			confirmed_at: session.confirmedAt ?? session.createdAt,
			expires_at: session.expiresAt,
		};
	}

	/** Runs `work` as an attempt at `email`'s password, or with null at a link; null from it: wrong. 401 when it was, 429 after too many. */
	async guarded<T>(
		visitor: Visitor,
		email: string | null,
		work: () => Promise<T | null>,
		wrong = () => new Failure("credential_invalid", WRONG_SIGN_IN),
	): Promise<T> {
		const counted: [Attempts, string][] = [[this.#addresses, visitor.bucket]];
		if (email !== null) counted.push([this.#pairs, `${email} ${visitor.bucket}`], [this.#accounts, email]);
		const wait = Math.max(...counted.map(([attempts, name]) => attempts.wait(name)));
		if (wait > 0) throw tooMany(wait);
		for (const [attempts, name] of counted) attempts.take(name);
		const giveBack = () => {
			for (const [attempts, name] of counted) attempts.giveBack(name);
		};
		const right = await work().catch((error: unknown) => {
			giveBack();
			throw error;
		});
		if (right === null) throw wrong();
		giveBack();
		return right;
	}

	/** Which account of the address has the password; the proven one before others. To be called within `guarded`. 429 `rate_limited` when too many ask at once. */
	async compare(email: string, password: string): Promise<Compared<AccountWithPassword>> {
		const accounts = await this.#read((tx) => readAccounts(tx, email));
		return this.comparing(password, accounts);
	}

	/** Whether `password` is the person's: then the account. To be called within `guarded`. */
	async comparePerson(person_id: string, password: string): Promise<AccountWithPassword | null> {
		const account = await this.#read((tx) => readAccount(tx, person_id));
		return (await this.comparing(password, account ? [account] : [])).account;
	}

	/** The same for accounts that have been read; as `comparePassword`. */
	comparing<Account extends AccountWithPassword>(password: string, accounts: readonly Account[]): Promise<Compared<Account>> {
		return this.#hash(() => comparePassword(password, accounts));
	}

	/** Counts a request for a mail to `email`. False when it has had enough mails; 429 `rate_limited` when the visitor's address has asked too often. */
	mayMail(visitor: Visitor, email: string): boolean {
		const wait = this.#addresses.wait(visitor.bucket);
		if (wait > 0) throw tooMany(wait);
		this.#addresses.take(visitor.bucket);
		if (this.#resets.wait(email) > 0) return false;
		this.#resets.take(email);
		return true;
	}

	#read<T>(run: Parameters<typeof read<T>>[1]): Promise<T> {
		return read({ database: this.#options.database, scope: ALL_TENANTS }, run);
	}

	/** What the library answers, or the code of what it refused. */
	async #call<T>(work: () => Promise<T>): Promise<T | string> {
		try {
			return await work();
		} catch (error) {
			if (isUnavailable(error)) throw unavailable(error);
			const code = refusalOfLibrary(error);
			if (code === null) throw error;
			// A database that is away comes wrapped: the reason of the reason says so.
			if (code !== "UNKNOWN" && !code.startsWith("FAILED_TO")) return code;
			const cause = causeOf(error);
			throw cause && isUnavailable(cause) ? unavailable(cause) : (cause ?? new Error(`the sign-in library failed: ${code}`, { cause: error }));
		}
	}

	async #hash<T>(work: () => Promise<T>): Promise<T> {
		if (this.#hashing >= PASSWORDS_HASHED_AT_ONCE) throw tooMany(1);
		this.#hashing += 1;
		try {
			return await work();
		} finally {
			this.#hashing -= 1;
		}
	}
}

/** Guarantee: the library reads a column that may be null, which its types do not know. */
function emailOf(user: { email: string }): string | null {
	return user.email;
}

function causeOf(error: unknown): Error | null {
	return error instanceof Error && error.cause instanceof Error ? error.cause : null;
}

function tooMany(retry_after_seconds: number): Failure {
	return new Failure("rate_limited", "There were too many attempts. Wait for the seconds in Retry-After, then try again.", { retry_after_seconds });
}

function headersOf(visitor: Visitor): Headers {
	const headers = new Headers({ cookie: visitor.cookie_header });
	if (visitor.user_agent !== null) headers.set("user-agent", visitor.user_agent);
	return headers;
}
