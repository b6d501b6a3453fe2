import { timingSafeEqual } from "node:crypto";
import Type from "typebox";
import { Value } from "typebox/value";
import { computeMac, deriveKey, type Peppers } from "../core/pepper.ts";
import { ROUTINE_CLASSES } from "./classes.ts";

const MAC_BYTES = 16;

/** The person, tenant and classes whose mails a token stops. It gives no other access, and never expires, because people keep mails for years. */
const Scope = Type.Tuple([Type.String(), Type.String(), Type.Array(Type.Enum([...ROUTINE_CLASSES]), { minItems: 1 })]);

export interface UnsubscribeScope {
	readonly tenant_id: string;
	readonly person_id: string;
	readonly classes: readonly (typeof ROUTINE_CLASSES)[number][];
}

/** Keys of the tokens, derived from the peppers; the current one first. Tokens of a pepper that was removed are void. */
export interface UnsubscribeKeys {
	readonly current: Buffer;
	readonly all: readonly Buffer[];
}

export function unsubscribeKeysFrom(peppers: Peppers): UnsubscribeKeys {
	const keyOf = (pepper: Peppers["current"]) => deriveKey(pepper, "unsubscribe from mails");
	return { current: keyOf(peppers.current), all: [...peppers.byId.values()].map(keyOf) };
}

function macOf(key: Buffer, payload: string): Buffer {
	return computeMac(key, "unsubscribe", [payload]).subarray(0, MAC_BYTES);
}

export function makeUnsubscribeToken(keys: UnsubscribeKeys, { tenant_id, person_id, classes }: UnsubscribeScope): string {
	const payload = Buffer.from(JSON.stringify([tenant_id, person_id, classes])).toString("base64url");
	return `${payload}.${macOf(keys.current, payload).toString("base64url")}`;
}

/** The scope of a token that one of the keys has signed; null for any other text. */
export function readUnsubscribeToken(keys: UnsubscribeKeys, token: string): UnsubscribeScope | null {
	const [payload = "", mac = "", ...more] = token.split(".");
	const given = Buffer.from(mac, "base64url");
	if (
		more.length > 0 ||
		given.length !== MAC_BYTES ||
		given.toString("base64url") !== mac ||
		!keys.all.some((key) => timingSafeEqual(macOf(key, payload), given))
	)
		return null;
	const parsed: unknown = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
	if (!Value.Check(Scope, parsed)) return null;
	const [tenant_id, person_id, classes] = parsed;
	return { tenant_id, person_id, classes };
}
