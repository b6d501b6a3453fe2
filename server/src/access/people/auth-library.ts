import { type BetterAuthPlugin, betterAuth, type StandardSchemaV1 } from "better-auth";
import { createAuthEndpoint } from "better-auth/api";
import { setSessionCookie } from "better-auth/cookies";
import type { Kysely } from "kysely";
import type { Clock } from "../../core/clock.ts";
import { newId, randomBase62 } from "../../core/id.ts";
import type { Tables } from "../../database/tables.ts";
import type { CookieRules } from "../../http/session-cookies.ts";
import { SESSION_SECONDS } from "./session.ts";

const ID_CHARACTERS = 24;

export interface AuthLibraryOptions {
	/** Of the connection pool of the role keywright_app. */
	readonly queries: Kysely<Tables>;
	readonly public_url: string;
	readonly cookies: CookieRules;
	readonly secret: string;
	readonly clock: Clock;
}

/** The columns of the library's fields in our tables. */
const TIMES = { createdAt: "created_at", updatedAt: "updated_at" } as const;
const ACCOUNT_FIELDS = {
	...TIMES,
	accountId: "account_id",
	providerId: "provider_id",
	userId: "person_id",
	accessToken: "access_token",
	refreshToken: "refresh_token",
	idToken: "id_token",
	accessTokenExpiresAt: "access_token_expires_at",
	refreshTokenExpiresAt: "refresh_token_expires_at",
} as const;
const SESSION_FIELDS = { ...TIMES, userId: "person_id", expiresAt: "expires_at", ipAddress: "ip_address", userAgent: "user_agent" } as const;

interface Beginning {
	readonly person_id: string;
	readonly remember: boolean;
}

/** Guarantee: only `SignIn` calls the endpoint, with values of this type. */
const beginning: StandardSchemaV1<Beginning> = {
	"~standard": { version: 1, vendor: "keywright", validate: (value) => ({ value: value as Beginning }) },
};

/** Begins a session for an authenticated person. Called on the server only, as is the whole library. */
const sessions = {
	id: "keywright-sessions",
	endpoints: {
		beginSession: createAuthEndpoint("/begin-session", { method: "POST", body: beginning }, async (context) => {
			const { person_id, remember } = context.body;
			const { internalAdapter } = context.context;
			const user = await internalAdapter.findUserById(person_id);
			if (!user) return context.json({ begun: false });
			const session = await internalAdapter.createSession(person_id, !remember);
			await setSessionCookie(context, { session, user }, !remember);
			return context.json({ begun: true });
		}),
	},
} satisfies BetterAuthPlugin;

/** Creates the sign-in library on our tables. It is called from server code only: none of its HTTP paths is served. */
export function createAuthLibrary(options: AuthLibraryOptions) {
	const { queries, cookies, clock } = options;
	const secure = { secure: cookies.secure };
	return betterAuth({
		appName: "Keywright",
		baseURL: options.public_url,
		secret: options.secret,
		telemetry: { enabled: false },
		logger: { disabled: true },
		rateLimit: { enabled: false },
		database: { db: queries, type: "postgres", transaction: true },
		user: { modelName: "people", fields: { ...TIMES, emailVerified: "email_verified" } },
		account: { modelName: "sign_in_accounts", fields: ACCOUNT_FIELDS },
		verification: { modelName: "sign_in_verifications", fields: { ...TIMES, expiresAt: "expires_at" }, storeIdentifier: "hashed" },
		session: {
			modelName: "sign_in_sessions",
			fields: SESSION_FIELDS,
			additionalFields: {
				confirmedAt: { type: "date", fieldName: "confirmed_at", input: false, required: false, defaultValue: () => new Date(clock.now()) },
			},
			expiresIn: SESSION_SECONDS,
			disableSessionRefresh: true,
		},
		// Passwords and links are checked by this module: the library knows one account per address.
		emailAndPassword: { enabled: false },
		plugins: [sessions],
		advanced: {
			useSecureCookies: false,
			cookiePrefix: "kw",
			defaultCookieAttributes: secure,
			cookies: { session_token: { name: cookies.names.member, attributes: secure }, dont_remember: { name: cookies.brief_name, attributes: secure } },
			ipAddress: { disableIpTracking: true },
			database: { generateId: ({ model }) => (model === "user" ? newId("per") : randomBase62(ID_CHARACTERS)), validateSchema: false },
		},
	});
}

export type AuthLibrary = ReturnType<typeof createAuthLibrary>;

/** The error code of an error that the library threw; null for any other error. */
export function getLibraryErrorCode(error: unknown): string | null {
	if (error === null || typeof error !== "object" || !("body" in error) || !("statusCode" in error)) return null;
	const { body } = error;
	return body !== null && typeof body === "object" && "code" in body && typeof body.code === "string" ? body.code : "UNKNOWN";
}
