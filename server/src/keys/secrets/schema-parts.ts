import Type, { type TSchema } from "typebox";
import { ENVIRONMENTS } from "./format.ts";

const NOTE_CHARACTERS_MAX = 1_000;

export function orNull<S extends TSchema>(schema: S) {
	return Type.Union([schema, Type.Null()]);
}

export const Time = Type.String({ format: "date-time" });
export const EnvironmentName = Type.Enum([...ENVIRONMENTS]);
export const Note = Type.String({ maxLength: NOTE_CHARACTERS_MAX, pattern: "^[^\\u0000\\p{Cs}]*$" });
export const KeyActorSchema = Type.Object({ kind: Type.String(), id: Type.Optional(Type.String()), name: Type.String() });
