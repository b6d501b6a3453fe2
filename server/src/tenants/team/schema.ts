import Type, { type Static } from "typebox";
import { ROLES } from "../../core/caller.ts";
import { Email } from "../../http/input/fields.ts";
import { INVITATION_SECONDS_DEFAULT, INVITATION_SECONDS_MAX, INVITATION_SECONDS_MIN, INVITATION_STATUSES } from "./invitation.ts";

const Role = Type.Enum([...ROLES]);
const Time = Type.String({ format: "date-time" });

export const MemberSchema = Type.Object({
	id: Type.String(),
	name: Type.String(),
	email: Type.Union([Type.String(), Type.Null()], {
		description: "Null: another account has verified the address; this member can no longer sign in",
	}),
	role: Role,
	joined_at: Time,
	last_seen_at: Type.Union([Time, Type.Null()], { description: "To the hour; null: not since this is recorded" }),
	is_you: Type.Boolean(),
});

export const MemberPatch = Type.Object({ role: Role }, { additionalProperties: false });

export const InvitationSchema = Type.Object({
	id: Type.String(),
	email: Type.Union([Type.String(), Type.Null()], { description: "Null: the person who opens the link enters an address" }),
	role: Role,
	created_at: Time,
	created_by: Type.Object({ name: Type.String() }),
	expires_at: Time,
	status: Type.Enum([...INVITATION_STATUSES]),
});

const expires_in_seconds = Type.Integer({
	minimum: INVITATION_SECONDS_MIN,
	maximum: INVITATION_SECONDS_MAX,
	default: INVITATION_SECONDS_DEFAULT,
	description: "An invitation that is created in a portal session expires with it at the latest",
});

export const InvitationInput = Type.Object(
	{ email: Type.Optional(Email), role: Role, expires_in_seconds: Type.Optional(expires_in_seconds) },
	{ additionalProperties: false },
);
export type InvitationInput = Static<typeof InvitationInput>;

export const MadeInvitationSchema = Type.Object({
	invitation: InvitationSchema,
	url: Type.String({ description: "Works once; only in this response. The mail has another link, which also proves the address" }),
	mailed: Type.Boolean({ description: "Whether the mail server accepted the mail" }),
});
