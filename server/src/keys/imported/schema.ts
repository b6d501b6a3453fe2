import Type, { type Static } from "typebox";
import { Time } from "../secrets/schema-parts.ts";
import { LEGACY_ALPHABETS, LEGACY_CHARACTERS_MAX, LEGACY_CHARACTERS_MIN, LEGACY_NAME_PATTERN, LEGACY_PREFIX_CHARACTERS_MAX } from "./format.ts";

const length = Type.Integer({ minimum: LEGACY_CHARACTERS_MIN, maximum: LEGACY_CHARACTERS_MAX, description: "Characters after the prefix" });

export const LegacyFormatInput = Type.Object(
	{
		prefix: Type.String({
			maxLength: LEGACY_PREFIX_CHARACTERS_MAX,
			pattern: "^[!-~]*$",
			description: "What every such key begins with, its separator included; may be empty",
		}),
		alphabet: Type.Enum([...LEGACY_ALPHABETS], { description: "The characters after the prefix; printable: ASCII without the space" }),
		length_min: length,
		length_max: length,
	},
	{ additionalProperties: false },
);
export type LegacyFormatInput = Static<typeof LegacyFormatInput>;

export const LegacyFormatSchema = Type.Object({
	name: Type.String({ pattern: LEGACY_NAME_PATTERN }),
	prefix: Type.String(),
	alphabet: Type.Enum([...LEGACY_ALPHABETS]),
	length_min: Type.Integer(),
	length_max: Type.Integer(),
	created_at: Time,
	keys: Type.Integer({ description: "Secrets that were imported under it and may still be accepted" }),
	keys_never_used: Type.Integer({ description: "Those of them that have not been presented here yet" }),
});
export type LegacyFormatAnswer = Static<typeof LegacyFormatSchema>;

export const LegacyFormatList = Type.Object({ data: Type.Array(LegacyFormatSchema) });
