import Type from "typebox";
import { orNull, Time } from "../secrets/schema-parts.ts";
import { EXPOSURE_KINDS } from "./exposure.ts";

export const ExposureSchema = Type.Object(
	{
		kind: Type.Enum([...EXPOSURE_KINDS]),
		kid: Type.String({ description: "The secret that was sent" }),
		first_at: Time,
		last_at: Time,
		requests: Type.Integer(),
		source_id: orNull(Type.String({ description: "Of the latest request" })),
		network: orNull(Type.String({ description: "Its network; null if it is not known" })),
		urls: Type.Optional(
			Type.Immutable(Type.Array(Type.String(), { description: "Of reported: where it was found, the latest last; texts that finders wrote" })),
		),
		source: orNull(Type.String({ description: "Its client instance or program; null if it is not known" })),
	},
	{ description: "Requests with the full secret in a place where others can read it" },
);
