import { SERVICE_CREDENTIAL_PREFIX } from "../core/credential.ts";
import type { ProblemDetails } from "../http/problem.ts";

/** Shape of a raw key of any brand. Used for hints in error details only, never to authenticate. */
const LIKE_A_RAW_KEY = /^[a-z][a-z0-9_]{0,23}_(prod|staging|dev)_[0-9A-Za-z]{40,60}$/;

/** The credential that a kind of route accepts. */
export interface Wanted {
	readonly name: string;
	readonly credential: "operator" | "service";
	/** The route also accepts a person's session cookie. */
	readonly or_session?: true;
}

export const OPERATOR_TOKEN: Wanted = { name: "the operator token", credential: "operator" };
export const SERVICE_CREDENTIAL: Wanted = { name: "a service credential (kws_…)", credential: "service" };

/**
 * Parses `Authorization: Bearer <token>` (RFC 6750). Returns the token, or the refusal: 401 `credential_missing` or `credential_invalid`.
 */
export function parseBearer(authorization: string | null, has_raw_key: boolean, wanted: Wanted): string | ProblemDetails {
	if (authorization === null || authorization.trim() === "") return missing(has_raw_key, wanted);
	const [, token] = /^Bearer +([\x21-\x7e]+)$/i.exec(authorization) ?? [];
	return (
		token ?? {
			code: "credential_invalid",
			detail: `The Authorization header is malformed. Send ${wanted.name} as \`Authorization: Bearer <token>\`.`,
		}
	);
}

function missing(has_raw_key: boolean, wanted: Wanted): ProblemDetails {
	const instead = has_raw_key ? " This route does not accept X-API-Key." : "";
	return {
		code: "credential_missing",
		detail: `${wanted.or_session ? "Sign in, or send" : "Send"} ${wanted.name} as \`Authorization: Bearer <token>\`.${instead}`,
	};
}

/**
 * The refusal of an unknown token: 401 `credential_invalid`. The detail depends on the token's shape alone, so it does not reveal which
 * tokens exist.
 */
export function unknownBearer(token: string, wanted: Wanted): ProblemDetails {
	if (LIKE_A_RAW_KEY.test(token)) {
		return {
			code: "credential_invalid",
			detail: `This has the shape of an API key. It belongs in the X-API-Key header of the routes under /api/v1/m2m; this route takes ${wanted.name}.`,
		};
	}
	if (wanted.credential !== "service" && token.startsWith(SERVICE_CREDENTIAL_PREFIX)) {
		return {
			code: "credential_invalid",
			detail: `This has the shape of a service credential, which is for POST /api/v1/verify; this route takes ${wanted.name}.`,
		};
	}
	return {
		code: "credential_invalid",
		detail: `The bearer token is unknown, wrong or revoked. Compare it with ${wanted.name}.`,
	};
}
