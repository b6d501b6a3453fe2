import type { Clock } from "../../core/clock.ts";
import { ALL_TENANTS } from "../../core/context.ts";
import type { Database } from "../../database/database.ts";
import { read } from "../../database/transaction.ts";
import type { ProblemDetails } from "../../http/problem.ts";
import { type CookieRules, cookieValues } from "../../http/session-cookies.ts";
import { digestSessionValue } from "../portal/session.ts";
import { readPortalSession } from "../portal/store.ts";
import { SESSION_ENDED, type SignedIn } from "./session.ts";
import type { SignIn } from "./sign-in.ts";

export interface SessionsOptions {
	readonly database: Database;
	readonly clock: Clock;
	readonly cookies: CookieRules;
	readonly sign_in: SignIn;
}

const TWO_SESSIONS: ProblemDetails = {
	code: "multiple_credentials",
	detail: "The request has the cookies of more than one session. Sign out, then sign in again.",
};

/** Resolves a `Cookie` header to its session. Reads the database each time, so ending a session takes effect on the next request. */
export class Sessions {
	readonly #options: SessionsOptions;

	constructor(options: SessionsOptions) {
		this.#options = options;
	}

	/** Null when the header has no session cookie. */
	async find(cookie_header: string): Promise<SignedIn | ProblemDetails | null> {
		const { cookies, sign_in } = this.#options;
		const members = cookieValues(cookie_header, cookies.names.member);
		const portals = cookieValues(cookie_header, cookies.names.portal);
		if (members.length + portals.length === 0) return null;
		if (members.length + portals.length > 1) return TWO_SESSIONS;
		const [portal] = portals;
		return (portal === undefined ? await sign_in.sessionOf(cookie_header) : await this.#portal(portal)) ?? SESSION_ENDED;
	}

	async #portal(value: string): Promise<SignedIn | null> {
		const { database, clock } = this.#options;
		const digest = digestSessionValue(value);
		if (digest === null) return null;
		return read({ database, scope: ALL_TENANTS }, (tx) => readPortalSession(tx, digest, new Date(clock.now())));
	}
}
