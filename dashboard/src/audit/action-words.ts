/** The sentence of an action: who (the actor), `did`, what (the target), `end`. */
export interface ActionWords {
	/** Its name in the filter, below that of its group. */
	readonly label: string;
	readonly did: string;
	readonly end?: string;
	/** `hidden`: the sentence needs no target. `who`: the target is who did it, since the actor is a link or the server. */
	readonly target?: "hidden" | "who";
}

type Phrase = readonly [label: string, did: string, more?: Pick<ActionWords, "end" | "target">];

const HIDDEN = { target: "hidden" } as const;
const WHO = { target: "who" } as const;

/** Every action that the server writes, by group, in the order of the filter. */
const PHRASES: Readonly<Record<string, Readonly<Record<string, Phrase>>>> = {
	Keys: {
		"key.created": ["Created", "created"],
		"key.updated": ["Changed", "changed"],
		"key.paused": ["Paused", "paused"],
		"key.resumed": ["Resumed", "resumed"],
		"key.revoked": ["Revoked", "revoked"],
		"key.reissued": ["Issued anew", "issued", { end: "anew" }],
		"key.expiry_warned": ["End announced", "announced the end of"],
		"keys.imported": ["Imported", "imported keys of the format"],
		"secret.kept_in": ["Storage noted", "noted where", { end: "is kept" }],
		"secret.rekeyed": ["Stored anew", "protected", { end: "with the current pepper" }],
		"handover.created": ["Handed over", "made a link that hands over"],
		"handover.claimed": ["Revealed", "revealed"],
		"handover.cancelled": ["Hand-over cancelled", "cancelled the link that hands over"],
		"rotation.started": ["Replacement begun", "began to replace"],
		"rotation.shortened": ["Replacement shortened after a leak", "gave an earlier end to the old key of"],
		"rotation.reminded": ["Replacement still open", "noted who still uses the old key of"],
		"rotation.completed": ["Replaced", "completed the replacement of"],
		"rotation.cancelled": ["Replacement cancelled", "cancelled the replacement of"],
		"rotation.source_confirmed": ["Client confirmed", "confirmed that a client has the new key of"],
		"source.named": ["Client named", "named the client"],
	},
	Alerts: {
		"alert.acknowledged": ["Alert acknowledged", "acknowledged the alert"],
		"alert.tested": ["Test alert sent", "sent a test alert by the rule"],
		"alert_rule.updated": ["Rule of alerts changed", "changed the rule of alerts"],
	},
	Checklist: {
		"revocation.rehearsed": ["Revocation rehearsed", "rehearsed a revocation with the canary key"],
		"revocation.rehearsal_confirmed": ["Rehearsal confirmed", "confirmed the rehearsal of a revocation with the canary key"],
	},
	Webhooks: {
		"webhook.created": ["Webhook created", "created the webhook"],
		"webhook.updated": ["Webhook changed", "changed the webhook"],
		"webhook.deleted": ["Webhook deleted", "deleted the webhook"],
		"webhook.disabled": ["Webhook disabled", "disabled the webhook", { end: "after lasting failure" }],
		"webhook.secret_rotated": ["Secret of a webhook replaced", "replaced the secret of the webhook"],
		"webhook.delivery_replayed": ["Event sent again", "sent an event again to the webhook"],
		"webhook.rekeyed": ["Secret of a webhook stored anew", "protected the secret of the webhook", { end: "with the current pepper" }],
	},
	"Sites and documents": {
		"site.created": ["Site created", "created the site"],
		"site.updated": ["Site changed", "changed the site"],
		"site.deleted": ["Site deleted", "deleted the site"],
		"document.created": ["Document uploaded", "uploaded"],
		"document.deleted": ["Document deleted", "deleted the document"],
	},
	People: {
		"member.joined": ["Joined", "joined the team", WHO],
		"member.role_changed": ["Role changed", "changed the role of"],
		"member.removed": ["Removed", "removed"],
		"invitation.created": ["Invited", "invited"],
		"invitation.cancelled": ["Invitation cancelled", "cancelled the invitation of"],
		"portal_session.created": ["Portal link made", "made a portal link for"],
		"portal_session.redeemed": ["Came by a portal link", "came by a portal link", WHO],
		"portal_session.ended": ["Portal session ended", "ended the portal session of"],
		"password.changed": ["Password changed", "changed their password", HIDDEN],
		"password.set_by_link": ["Password set by a link", "set a password by a link", WHO],
		"password_reset.created": ["Password link made", "made a password link for"],
		"password_reset.cancelled": ["Password link cancelled", "cancelled the password link of"],
		"person.address_proved": ["Address proved", "proved an e-mail address", WHO],
		"person.address_changed": ["Address changed", "changed their e-mail address", HIDDEN],
		"person.renamed": ["Name changed", "changed their name", HIDDEN],
		"person.signed_in_by_link": ["Signed in by a link", "signed in by a link", WHO],
	},
	Tenant: {
		"tenant.created": ["Tenant created", "created the tenant"],
		"tenant.updated": ["Tenant changed", "changed the tenant"],
		"tenant.erased": ["Tenant erased", "erased the tenant"],
	},
	Instance: {
		"plan.created": ["Plan created", "created the plan"],
		"plan.updated": ["Plan changed", "changed the plan"],
		"plan.deleted": ["Plan deleted", "deleted the plan"],
		"capability.created": ["Capability created", "created the capability"],
		"capability.updated": ["Capability changed", "changed the capability"],
		"capability.deleted": ["Capability deleted", "deleted the capability"],
		"permission.created": ["Permission created", "created the permission"],
		"permission.updated": ["Permission changed", "changed the permission"],
		"permission.deleted": ["Permission deleted", "deleted the permission"],
		"api_profile.updated": ["API profile changed", "changed the API profile", HIDDEN],
		"forward_auth_rules.updated": ["Rules of forwarded requests changed", "changed the rules of forwarded requests", HIDDEN],
		"legacy_format.created": ["Format of imported keys created", "created the format"],
		"legacy_format.updated": ["Format of imported keys changed", "changed the format"],
		"legacy_format.deleted": ["Format of imported keys deleted", "deleted the format"],
		"service.created": ["Service created", "created the service"],
		"service.revoked": ["Service revoked", "revoked the service"],
		"service.rekeyed": ["Service stored anew", "protected the service", { end: "with the current pepper" }],
		"operator.added": ["Operator added", "made", { end: "an operator" }],
		"operator.removed": ["Operator removed", "removed the operator"],
		"operator.invited": ["Operator invited", "invited", { end: "as an operator" }],
		"operator.invitation_cancelled": ["Invitation of an operator cancelled", "cancelled the invitation of the operator"],
		"pepper.registered": ["Pepper registered", "registered the pepper"],
	},
};

/** Groups that entries of a tenant can have; those of the operator have all. */
const TENANT_GROUPS: readonly string[] = ["Keys", "Webhooks", "Sites and documents", "People", "Tenant"];

export const ACTIONS: ReadonlyMap<string, ActionWords> = new Map(
	Object.values(PHRASES).flatMap((group) => Object.entries(group).map(([action, [label, did, more]]) => [action, { label, did, ...more }] as const)),
);

/** Choices of the filter, by group. */
export function actionChoices(all_groups: boolean): { group: string; items: { value: string; label: string }[] }[] {
	return Object.entries(PHRASES)
		.filter(([group]) => all_groups || TENANT_GROUPS.includes(group))
		.map(([group, actions]) => ({ group, items: Object.entries(actions).map(([value, [label]]) => ({ value, label })) }));
}
