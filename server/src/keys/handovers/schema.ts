import Type, { type Static } from "typebox";
import { Email, Name } from "../../http/input/fields.ts";
import { EnvironmentName, KeyActorSchema, orNull, Time } from "../secrets/schema-parts.ts";
import { HANDOVER_SECONDS_DEFAULT, HANDOVER_SECONDS_MAX, HANDOVER_SECONDS_MIN, HANDOVER_STATUSES } from "./handover.ts";

const TOKEN_CHARACTERS_MAX = 200;

const closed = { additionalProperties: false } as const;

export const HandoverInput = Type.Object(
	{
		email: Type.Optional(Email),
		expires_in_seconds: Type.Optional(
			Type.Integer({
				minimum: HANDOVER_SECONDS_MIN,
				maximum: HANDOVER_SECONDS_MAX,
				default: HANDOVER_SECONDS_DEFAULT,
				description: "A link that is created in a portal session expires with it at the latest",
			}),
		),
	},
	closed,
);
export type HandoverInput = Static<typeof HandoverInput>;

export const HandoverSchema = Type.Object({
	id: Type.String(),
	status: Type.Enum([...HANDOVER_STATUSES]),
	email: orNull(Type.String()),
	created_at: Time,
	created_by: KeyActorSchema,
	expires_at: Time,
	claimed_at: orNull(Time),
	claimed_by: orNull(Type.String()),
	rotation_id: orNull(Type.String({ description: "The rotation whose new secret it hands over; null for the first secret" })),
});
export type HandoverAnswer = Static<typeof HandoverSchema>;

/** Part of the response that creates a handover; the link is otherwise only in the mail. */
export const handoverLink = {
	handover: HandoverSchema,
	handover_url: Type.String({ description: "The one-time link, in this response only" }),
	mailed: Type.Boolean({ description: "Whether a mail server accepted a mail with the link" }),
};
export const MadeHandover = Type.Object(handoverLink);
export type MadeHandover = Static<typeof MadeHandover>;

const Token = Type.String({ maxLength: TOKEN_CHARACTERS_MAX, writeOnly: true, description: "The part of the link after `#`" });
export const ReadHandoverInput = Type.Object({ token: Token }, closed);
export const RevealInput = Type.Object(
	{ token: Token, name: Type.String({ ...Name, description: "The recipient's name, shown to the sender of the link" }) },
	closed,
);
export type RevealInput = Static<typeof RevealInput>;

/** The fields that the recipient may read before the reveal: no owner, notes or usage. */
const offered = {
	name: Type.String(),
	environment: EnvironmentName,
	permissions: Type.Array(Type.String()),
	site_ids: orNull(Type.Array(Type.String())),
	expires_at: orNull(Time),
};
export const HandoverOffer = Type.Object({
	status: Type.Enum([...HANDOVER_STATUSES]),
	key: Type.Object(offered),
	permissions: Type.Array(Type.Object({ name: Type.String(), description: Type.String() }), { description: "The key's permissions in words" }),
	sites: orNull(Type.Array(Type.Object({ id: Type.String(), name: Type.String() }), { description: "The key's sites; null for all, now and later" })),
	tenant: Type.Object({ id: Type.String(), name: Type.String() }),
	created_by: Type.Object({ name: Type.String() }),
	expires_at: Time,
});
export type HandoverOffer = Static<typeof HandoverOffer>;

export const RevealedKey = Type.Object({
	key: Type.Object({
		id: Type.String(),
		tenant_id: Type.String(),
		...offered,
		allowed_ips: orNull(Type.Array(Type.String())),
		kid: Type.String(),
		last4: Type.String(),
	}),
	raw_key: Type.String({ description: "Returned only in this response" }),
});
export type RevealedKey = Static<typeof RevealedKey>;
