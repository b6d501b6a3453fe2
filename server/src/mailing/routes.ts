import Type from "typebox";
import { type Route, route } from "../http/route.ts";
import { ROUTINE_CLASSES } from "./classes.ts";
import { listMailPreferences, type PreferenceContext, putMailPreference } from "./preferences.ts";

const ID_CHARACTERS_MAX = 64;

const Wanted = Type.Boolean({ description: "Whether mails of this class are sent to the person" });
const Preference = {
	tenant_id: Type.String({ minLength: 1, maxLength: ID_CHARACTERS_MAX }),
	class: Type.Enum([...ROUTINE_CLASSES], { description: "Mails about security cannot be switched off" }),
	mailed: Type.Boolean(),
};

/** Routes for a signed-in person's own mails. */
export const mailPreferenceRoutes: readonly Route<PreferenceContext>[] = [
	route({
		method: "GET",
		path: "/api/v1/session/mail-preferences",
		access: "person",
		summary: "Which mails about events one gets, by tenant",
		status: 200,
		output: Type.Object({
			address_proven: Type.Boolean({ description: "Without a proven address no mail about events is sent" }),
			data: Type.Array(
				Type.Object({
					tenant: Type.Object({ id: Type.String(), name: Type.String() }),
					key_use: Wanted,
					rotation: Wanted,
					expiry: Wanted,
				}),
			),
		}),
		run: listMailPreferences,
	}),
	route({
		method: "PUT",
		path: "/api/v1/session/mail-preferences",
		access: "person",
		summary: "Switch mails of one class about one tenant on or off for oneself, also after unsubscribing by a link",
		status: 200,
		body: Type.Object(Preference, { additionalProperties: false }),
		output: Type.Object(Preference),
		run: putMailPreference,
	}),
];
