import Type, { type Static } from "typebox";
import { Time } from "../secrets/schema-parts.ts";
import {
	IMPORTED_ALPHABETS,
	IMPORTED_CHARACTERS_MAX,
	IMPORTED_CHARACTERS_MIN,
	IMPORTED_NAME_PATTERN,
	IMPORTED_PREFIX_CHARACTERS_MAX,
} from "./format.ts";

const length = Type.Integer({ minimum: IMPORTED_CHARACTERS_MIN, maximum: IMPORTED_CHARACTERS_MAX, description: "Characters after the prefix" });

export const ImportedFormatInput = Type.Object(
	{
		prefix: Type.String({
			maxLength: IMPORTED_PREFIX_CHARACTERS_MAX,
			pattern: "^[!-~]*$",
			description: "The beginning of every such key, including its separator; may be empty",
		}),
		alphabet: Type.Enum([...IMPORTED_ALPHABETS], { description: "The characters after the prefix; printable: ASCII without the space" }),
		length_min: length,
		length_max: length,
	},
	{ additionalProperties: false },
);
export type ImportedFormatInput = Static<typeof ImportedFormatInput>;

export const ImportedFormatSchema = Type.Object({
	name: Type.String({ pattern: IMPORTED_NAME_PATTERN }),
	prefix: Type.String(),
	alphabet: Type.Enum([...IMPORTED_ALPHABETS]),
	length_min: Type.Integer(),
	length_max: Type.Integer(),
	created_at: Time,
	keys: Type.Integer({ description: "Secrets that were imported under it and may still be accepted" }),
	keys_never_used: Type.Integer({ description: "Of these, keys that were not presented here yet" }),
});
export type ImportedFormatAnswer = Static<typeof ImportedFormatSchema>;

export const ImportedFormatList = Type.Object({ data: Type.Array(ImportedFormatSchema) });
