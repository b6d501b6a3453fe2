import type { Clock } from "../core/clock.ts";
import { Failure } from "../core/error.ts";
import { randomBase62 } from "../core/id.ts";
import { deriveKey, type Peppers } from "../core/pepper.ts";
import type { Database } from "../database/database.ts";
import { isUnavailable, unavailable } from "../database/transaction.ts";
import { type CookieRules, cookieValues } from "../http/session-cookies.ts";
import { Attempts } from "./attempts.ts";
import { type AuthLibrary, createAuthLibrary, refusalOfLibrary } from "./auth-library.ts";
import type { SignedInMember } from "./signed-in.ts";
import type { Visitor } from "./visitor.ts";

const PER_ADDRESS = { attempts: 40, window_seconds: 300 };
const PER_ACCOUNT_AND_ADDRESS = { attempts: 10, window_seconds: 900 };
/** Of one account from all addresses: enough that strangers can hardly lock its person out, too few to guess. */
const PER_ACCOUNT = { attempts: 100, window_seconds: 3_600 };
const RESETS_PER_ACCOUNT = { attempts: 3, window_seconds: 900 };
/** Each holds 32 MB for a tenth of a second. */
const PASSWORDS_HASHED_AT_ONCE = 8;
const RESET_TOKEN_CHARACTERS = 32;

export interface SignInOptions {
	readonly database: Database;
	readonly clock: Clock;
	readonly peppers: Peppers;
	readonly public_url: string;
	readonly cookies: CookieRules;
	/** Told of a link to be mailed; what it throws is its own affair. */
	readonly onResetAsked: (person: { name: string; email: string }, token: string) => void;
}

/** What an action that deals with passwords and sign-ins needs. */
export interface SignInContext {
	readonly sign_in: SignIn;
}

export const WRONG_SIGN_IN = "The e-mail address or the password is not right.";

/** People's passwords and sign-ins: the library, behind limits of attempts. */
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
		await this.guarded(visitor, email, async () => {
			const body = { email, password, rememberMe: remember };
			const answer = await this.#call(() => this.library.api.signInEmail({ body, headers: headersOf(visitor), returnHeaders: true }));
			if (typeof answer === "string") return false;
			visitor.setCookies(answer.headers.getSetCookie());
			return true;
		});
	}

	/** The session that the visitor's cookie stands for, read from the database; null when there is none, or none any more. */
	async sessionOf(cookie_header: string): Promise<SignedInMember | null> {
		if (cookieValues(cookie_header, this.#options.cookies.names.member).length !== 1) return null;
		const headers = new Headers({ cookie: cookie_header });
		const found = await this.#call(() => this.library.api.getSession({ headers, query: { disableRefresh: true, disableCookieCache: true } }));
		if (found === null || typeof found === "string") return null;
		const { session, user } = found;
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

	/** Runs `work` as an attempt at `email`'s password; it answers whether the password was right. 401 when it was not, 429 after too many. */
	async guarded(visitor: Visitor, email: string, work: () => Promise<boolean>, wrong = () => new Failure("credential_invalid", WRONG_SIGN_IN)) {
		const counted = [
			[this.#addresses, visitor.bucket],
			[this.#pairs, `${email} ${visitor.bucket}`],
			[this.#accounts, email],
		] as const;
		const wait = Math.max(...counted.map(([attempts, name]) => attempts.wait(name)));
		if (wait > 0) throw tooMany(wait);
		for (const [attempts, name] of counted) attempts.take(name);
		const right = await this.#hash(work).catch((error: unknown) => error);
		if (right === false) throw wrong();
		for (const [attempts, name] of counted) attempts.giveBack(name);
		if (right !== true) throw right;
	}

	/** Whether `password` is the person's. Costs the same when they have none. To be called within `guarded`. */
	async isPassword(person_id: string, password: string): Promise<boolean> {
		const { internalAdapter, password: hasher } = await this.library.$context;
		const account = await this.#whileReachable(() => internalAdapter.findCredentialAccount(person_id));
		if (account?.password) return hasher.verify({ hash: account.password, password });
		await hasher.hash(password);
		return false;
	}

	/** What is stored of a new password. */
	async passwordHash(password: string): Promise<string> {
		const { password: hasher } = await this.library.$context;
		return this.#hash(() => hasher.hash(password));
	}

	/** Has a link mailed if the address has an account; the answer is the same in either case. 429 `rate_limited` by address. */
	async askReset(visitor: Visitor, email: string): Promise<void> {
		const wait = this.#addresses.wait(visitor.bucket);
		if (wait > 0) throw tooMany(wait);
		this.#addresses.take(visitor.bucket);
		if (this.#resets.wait(email) > 0) return;
		this.#resets.take(email);
		await this.#call(() => this.library.api.requestPasswordReset({ body: { email } }));
	}

	/** A token to set a new password with, for whom no mail reaches. */
	async makeResetToken(person_id: string, expires_at: Date): Promise<string> {
		const { internalAdapter } = await this.library.$context;
		const token = randomBase62(RESET_TOKEN_CHARACTERS);
		const identifier = `reset-password:${token}`;
		await this.#whileReachable(() => internalAdapter.createVerificationValue({ identifier, value: person_id, expiresAt: expires_at }));
		return token;
	}

	/** Sets a new password by a mailed token and ends all sign-ins of the person. 404 `not_found` for a token that is unknown, used or too old. */
	async reset(visitor: Visitor, token: string, password: string): Promise<void> {
		const wait = this.#addresses.wait(visitor.bucket);
		if (wait > 0) throw tooMany(wait);
		const refused = await this.#hash(() => this.#call(() => this.library.api.resetPassword({ body: { token, newPassword: password } })));
		if (typeof refused !== "string") return;
		this.#addresses.take(visitor.bucket);
		throw new Failure("not_found", "This link has been used, is too old, or never was. Ask for a new one.");
	}

	/** Replaces the password and every sign-in of the person by a new one. False when `current` is not the password. */
	async change(visitor: Visitor, current: string, next: string): Promise<boolean> {
		const body = { currentPassword: current, newPassword: next, revokeOtherSessions: true };
		const answer = await this.#call(() => this.library.api.changePassword({ body, headers: headersOf(visitor), returnHeaders: true }));
		if (typeof answer === "string") return false;
		visitor.setCookies(answer.headers.getSetCookie());
		return true;
	}

	/** What the library answers, or the code of what it refused. */
	async #call<T>(work: () => Promise<T>): Promise<T | string> {
		return this.#whileReachable(async () => {
			try {
				return await work();
			} catch (error) {
				const code = refusalOfLibrary(error);
				if (code === null) throw error;
				// A database that is away comes wrapped: the reason of the reason says so.
				if (code === "UNKNOWN" || code.startsWith("FAILED_TO"))
					throw causeOf(error) ?? new Error(`the sign-in library failed: ${code}`, { cause: error });
				return code;
			}
		});
	}

	async #whileReachable<T>(work: () => Promise<T>): Promise<T> {
		try {
			return await work();
		} catch (error) {
			if (isUnavailable(error)) throw unavailable(error);
			throw error;
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
