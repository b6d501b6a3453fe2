import { CHECKSUM_CHARACTERS, checksum, endsWithChecksum } from "./checksum.ts";
import { randomBase62 } from "./id.ts";

/** Prefix of service credentials, which no brand may have. */
export const SERVICE_CREDENTIAL_PREFIX = "kws_";
const CREDENTIAL_ID_CHARACTERS = 12;
const CREDENTIAL_SECRET_CHARACTERS = 32;

const SECRET_AT = SERVICE_CREDENTIAL_PREFIX.length + CREDENTIAL_ID_CHARACTERS;
const CHECKSUM_AT = SECRET_AT + CREDENTIAL_SECRET_CHARACTERS;
const LAST_CHARACTERS = 4;

/** The public and the secret part of a service credential; `last4` are its last four characters, as lists show them. */
export interface ServiceCredential {
	id: string;
	secret: string;
	last4: string;
}

/** A new service credential, `kws_<12 id><32 secret><6 checksum>`; `text` is shown once and never stored. */
export function makeServiceCredential(): ServiceCredential & { text: string } {
	const id = randomBase62(CREDENTIAL_ID_CHARACTERS);
	const secret = randomBase62(CREDENTIAL_SECRET_CHARACTERS);
	const body = SERVICE_CREDENTIAL_PREFIX + id + secret;
	const text = body + checksum(body);
	return { text, id, secret, last4: text.slice(-LAST_CHARACTERS) };
}

/** Parses a service credential; null for a malformed one or a wrong checksum. Does not check whether it exists. */
export function parseServiceCredential(text: string): ServiceCredential | null {
	if (text.length !== CHECKSUM_AT + CHECKSUM_CHARACTERS || !text.startsWith(SERVICE_CREDENTIAL_PREFIX)) return null;
	if (!endsWithChecksum(text, SERVICE_CREDENTIAL_PREFIX.length)) return null;
	return {
		id: text.slice(SERVICE_CREDENTIAL_PREFIX.length, SECRET_AT),
		secret: text.slice(SECRET_AT, CHECKSUM_AT),
		last4: text.slice(-LAST_CHARACTERS),
	};
}
