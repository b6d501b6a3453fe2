import Type, { type Static } from "typebox";
import { EnvironmentName, orNull, Time } from "../secrets/schema-parts.ts";

export const ACTIVITY_SITES_MAX = 100;
const SITE_ID_CHARACTERS_MAX = 64;
export const BOUND_KEYS_MAX = 200;

export const SiteRemovalPreview = Type.Object({
	documents: Type.Integer({ description: "Documents of the site; it cannot be deleted while it has any" }),
	requests: Type.Object(
		{ last_hour: Type.Integer(), last_day: Type.Integer(), last_week: Type.Integer() },
		{ description: "Allowed requests at the site, which would be answered with 404" },
	),
	keys: Type.Array(
		Type.Object({
			key_id: Type.String(),
			name: Type.String(),
			environment: EnvironmentName,
			last4: orNull(Type.String({ description: "Null before the first reveal" })),
			other_sites: Type.Integer({ description: "How many other sites it is bound to; with 0 it would work at no site" }),
		}),
		{ description: `Live keys that are bound to the site and lose it; at most ${BOUND_KEYS_MAX}` },
	),
	keys_bound: Type.Integer({ description: "How many live keys are bound to the site" }),
	keys_everywhere: Type.Integer({ description: "Live keys that work at every site, and so at this one" }),
});
export type SiteRemovalPreview = Static<typeof SiteRemovalPreview>;

export const SiteActivityQuery = Type.Object(
	{
		site_ids: Type.String({
			maxLength: ACTIVITY_SITES_MAX * (SITE_ID_CHARACTERS_MAX + 1),
			description: `At most ${ACTIVITY_SITES_MAX}, separated by commas`,
		}),
	},
	{ additionalProperties: false },
);

export const SiteActivity = Type.Object({
	data: Type.Array(
		Type.Object({
			site_id: Type.String(),
			keys: Type.Integer({ description: "Live keys that are bound to it" }),
			hours: Type.Array(Type.Object({ start: Time, allowed: Type.Integer(), refused: Type.Integer() }), {
				description: "The current hour and the 23 before it, in UTC, oldest first",
			}),
		}),
	),
	keys_everywhere: Type.Integer({ description: "Live keys that work at every site" }),
});
export type SiteActivity = Static<typeof SiteActivity>;
