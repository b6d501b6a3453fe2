import Type from "typebox";
import { ROLES } from "../core/caller.ts";
import { PASSWORD_CHARACTERS_MAX, PASSWORD_CHARACTERS_MIN } from "./people/password-hash.ts";

const TOKEN_CHARACTERS_MAX = 200;

export const Token = Type.String({ maxLength: TOKEN_CHARACTERS_MAX, writeOnly: true });
/** A new password. One that is only compared may have any length up to the bound. */
export const NewPassword = Type.String({ minLength: PASSWORD_CHARACTERS_MIN, maxLength: PASSWORD_CHARACTERS_MAX, writeOnly: true });
export const Password = Type.String({ maxLength: PASSWORD_CHARACTERS_MAX, writeOnly: true });
export const Time = Type.String({ format: "date-time" });
export const NullableText = Type.Union([Type.String(), Type.Null()]);
export const RoleSchema = Type.Enum([...ROLES]);
export const closed = { additionalProperties: false } as const;
