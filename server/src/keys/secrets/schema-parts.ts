import Type, { type TSchema } from "typebox";
import { CLIENT_POLICIES } from "../../tenants/tenant.ts";
import { AUTO_ROTATE } from "../key.ts";
import { ENVIRONMENTS } from "./format.ts";

const NOTE_CHARACTERS_MAX = 1_000;

export function orNull<S extends TSchema>(schema: S) {
	return Type.Union([schema, Type.Null()]);
}

export const Time = Type.String({ format: "date-time" });
export const EnvironmentName = Type.Enum([...ENVIRONMENTS]);
export const Note = Type.String({ maxLength: NOTE_CHARACTERS_MAX, pattern: "^[^\\u0000\\p{Cs}]*$" });
export const OwnerSchema = Type.Object({ name: Type.String(), email: Type.Optional(Type.String()), member_id: Type.Optional(Type.String()) });
export const KeyActorSchema = Type.Object({ kind: Type.String(), id: Type.Optional(Type.String()), name: Type.String() });

export const AutoRotateSchema = Type.Union([Type.Enum([...AUTO_ROTATE]), Type.Null()], {
	description:
		"What happens when the secret is due to be replaced, by `rotate_every_days`. Null: people are reminded. handover: the responsible member is mailed a " +
		"one-time link. self: the program is expected to call `POST /api/v1/m2m/key/rotate`",
});

export const ClientPolicySchema = Type.Union([Type.Enum([...CLIENT_POLICIES]), Type.Null()], {
	description: "For requests with this key from browsers and apps. Null: the tenant's",
});
