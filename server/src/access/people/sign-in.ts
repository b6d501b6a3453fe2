import type { Clock } from "../../core/clock.ts";
import { ALL_TENANTS } from "../../core/context.ts";
import { ApiError } from "../../core/error.ts";
import { deriveKey, type Peppers } from "../../core/pepper.ts";
import type { Database } from "../../database/database.ts";
import { isUnavailable, read, unavailable } from "../../database/transaction.ts";
import { type CookieRules, cookieValues } from "../../http/session-cookies.ts";
import type { AnonymousCaller } from "../anonymous.ts";
import { Attempts, type Budget } from "./attempts.ts";
import { type AuthLibrary, createAuthLibrary, getLibraryErrorCode } from "./auth-library.ts";
import { DeviceCookies } from "./device-cookie.ts";
import { type Compared, comparePassword } from "./password-hash.ts";
import type { SignedInMember } from "./session.ts";
import { type AccountWithPassword, readAccount, readAccounts } from "./store.ts";

/** Each hash uses 32 MB for about 100 ms. */
const PASSWORDS_HASHED_AT_ONCE = 8;

export interface SignInOptions {
	readonly database: Database;
	readonly clock: Clock;
	readonly peppers: Peppers;
	readonly public_url: string;
	readonly cookies: CookieRules;
}

/** The context of actions on passwords and sessions. */
export interface SignInContext {
	readonly sign_in: SignIn;
}

/** The accounts that a password is compared with, and the budgets that the attempt spends. */
export interface Approach {
	/** All accounts of the address. */
	readonly all: readonly AccountWithPassword[];
	readonly accounts: readonly AccountWithPassword[];
	readonly budgets: readonly Budget[];
}

export const WRONG_SIGN_IN = "The e-mail address or the password is incorrect.";

/** Passwords and sessions of people. Passwords are compared here, within budgets of attempts; sessions are the library's. */
export class SignIn {
	readonly library: AuthLibrary;
	readonly #options: SignInOptions;
	readonly #attempts: Attempts;
	readonly #devices: DeviceCookies;
	#hashing = 0;

	constructor(options: SignInOptions) {
		const { current } = options.peppers;
		this.#options = options;
		this.#attempts = new Attempts({ ...options, key: deriveKey(current, "sign-in attempts") });
		this.#devices = new DeviceCookies(options.peppers, options.cookies);
		const secret = deriveKey(current, "sign-in sessions").toString("base64url");
		this.library = createAuthLibrary({ ...options, queries: options.database.queries, secret });
	}

	/** Begins a session and sets its cookie. 401 `credential_invalid`, the same for unknown addresses; 429 `rate_limited`. */
	async begin(anonymous: AnonymousCaller, input: { email: string; password: string; remember: boolean }): Promise<void> {
		const { email, password, remember } = input;
		const { accounts, budgets } = await this.approach(anonymous, email);
		const compare = async () => (await this.comparing(password, accounts)).account;
		const account = await this.guarded(budgets, compare, () => new ApiError("credential_invalid", WRONG_SIGN_IN));
		await this.beginSession(anonymous, account.id, remember);
	}

	/** Begins a session for an authenticated person and sets its cookie. 401 `credential_invalid` for a deleted account. */
	async beginSession(anonymous: AnonymousCaller, person_id: string, remember = true): Promise<void> {
		const body = { person_id, remember };
		const answer = await this.#call(() => this.library.api.beginSession({ body, headers: getHeaders(anonymous), returnHeaders: true }));
		if (typeof answer === "string" || !answer.response.begun) throw new ApiError("credential_invalid", WRONG_SIGN_IN);
		anonymous.setCookies([...answer.headers.getSetCookie(), this.#devices.line(anonymous.cookie_header, person_id, this.#options.clock.now())]);
	}

	/** Reads the session of a `Cookie` header from the database; null when there is none or it has ended. */
	async sessionOf(cookie_header: string): Promise<SignedInMember | null> {
		if (cookieValues(cookie_header, this.#options.cookies.names.member).length !== 1) return null;
		const headers = new Headers({ cookie: cookie_header });
		const found = await this.#call(() => this.library.api.getSession({ headers, query: { disableRefresh: true, disableCookieCache: true } }));
		if (found === null || typeof found === "string") return null;
		const { session, user } = found;
		// Another account verified the address while this session began.
		if (getEmail(user) === null) return null;
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

	/**
	 * Chooses the accounts and budgets of a password attempt. A known device tries only the accounts that it has signed in to, with its own
	 * budget; any other caller tries all of them, with shared budgets. An address without an account gets the same.
	 */
	async approach(anonymous: AnonymousCaller, email: string): Promise<Approach> {
		const all = await this.#read((tx) => readAccounts(tx, email));
		const now = this.#options.clock.now();
		const known = all.flatMap((account) => {
			const device = this.#devices.deviceOf(anonymous.cookie_header, account.id, now);
			return device === null ? [] : [{ account, budget: { kind: "device", name: `${account.id} ${device}` } as const }];
		});
		if (known.length > 0) return { all, accounts: known.map(({ account }) => account), budgets: known.map(({ budget }) => budget) };
		const budgets: Budget[] = [
			{ kind: "address", name: anonymous.bucket },
			{ kind: "account_and_address", name: `${email} ${anonymous.bucket}` },
			{ kind: "account", name: email },
		];
		return { all, accounts: all, budgets };
	}

	/**
	 * Runs `work` within `budgets`; null from it means a wrong credential. Throws the error of `wrong`, or 429 `rate_limited` without
	 * running `work` once a budget is spent. `stillSpends`: which budgets a success does not refund.
	 */
	async guarded<T>(
		budgets: readonly Budget[],
		work: () => Promise<T | null>,
		wrong: () => ApiError,
		stillSpends: (right: T, budget: Budget) => boolean = () => false,
	): Promise<T> {
		const wait = await this.#attempts.take(budgets);
		if (wait > 0) throw new TooManyAttempts(wait);
		const right = await work().catch(async (error: unknown) => {
			await this.#attempts.refund(budgets);
			throw error;
		});
		if (right === null) throw wrong();
		await this.#attempts.refund(budgets.filter((budget) => !stillSpends(right, budget)));
		return right;
	}

	/** Hashes a new password for the address. */
	async passwordHash(email: string, password: string): Promise<string> {
		const accounts = await this.#read((tx) => readAccounts(tx, email));
		return (await this.comparing(password, accounts)).password_hash;
	}

	/** Returns the person's account if `password` is right. Call it within `guarded`. */
	async comparePerson(person_id: string, password: string): Promise<AccountWithPassword | null> {
		const account = await this.#read((tx) => readAccount(tx, person_id));
		return (await this.comparing(password, account ? [account] : [])).account;
	}

	/** `comparePassword` on accounts already read, with bounded concurrency. */
	comparing<Account extends AccountWithPassword>(password: string, accounts: readonly Account[]): Promise<Compared<Account>> {
		return this.#hash(() => comparePassword(password, accounts));
	}

	/** Counts a mail to `email`; false when its budget is spent. */
	async mayMail(kind: "password_mail" | "sign_in_mail", email: string): Promise<boolean> {
		return (await this.#attempts.take([{ kind, name: email }])) === 0;
	}

	/** Counts a mail by which `person_id` proves `email`. 429 `rate_limited`. */
	async countAddressMail(person_id: string, email: string): Promise<void> {
		const wait = await this.#attempts.take([person_id, email].map((name) => ({ kind: "address_mail", name })));
		if (wait > 0) throw tooMany(wait);
	}

	/** Counts a request that has no right or wrong outcome against the caller's IP address. 429 `rate_limited`. */
	async countRequest(anonymous: AnonymousCaller): Promise<void> {
		const wait = await this.#attempts.take([{ kind: "address", name: anonymous.bucket }]);
		if (wait > 0) throw tooMany(wait);
	}

	#read<T>(run: Parameters<typeof read<T>>[1]): Promise<T> {
		return read({ database: this.#options.database, scope: ALL_TENANTS }, run);
	}

	/** Calls the library; returns its result or its error code. */
	async #call<T>(work: () => Promise<T>): Promise<T | string> {
		try {
			return await work();
		} catch (error) {
			if (isUnavailable(error)) throw unavailable(error);
			const code = getLibraryErrorCode(error);
			if (code === null) throw error;
			// The library wraps connection errors: the innermost cause shows whether the database is unavailable.
			if (code !== "UNKNOWN" && !code.startsWith("FAILED_TO")) return code;
			const cause = getCause(error);
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

/** Guarantee: the column is nullable, which the library's types do not express. */
function getEmail(user: { email: string }): string | null {
	return user.email;
}

function getCause(error: unknown): Error | null {
	return error instanceof Error && error.cause instanceof Error ? error.cause : null;
}

const TOO_MANY = "Too many attempts. Try again after the seconds in Retry-After.";

function tooMany(retry_after_seconds: number): ApiError {
	return new ApiError("rate_limited", TOO_MANY, { retry_after_seconds });
}

/** A budget is spent; the password was not compared. */
export class TooManyAttempts extends ApiError {
	constructor(retry_after_seconds: number, detail = TOO_MANY) {
		super("rate_limited", detail, { retry_after_seconds });
	}
}

function getHeaders(anonymous: AnonymousCaller): Headers {
	const headers = new Headers({ cookie: anonymous.cookie_header });
	if (anonymous.user_agent !== null) headers.set("user-agent", anonymous.user_agent);
	return headers;
}
