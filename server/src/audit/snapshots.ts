import { type Noun, type Snapshot, toSnapshot } from "./nouns.ts";

/** What a change wrote beside its entry, as the action names it. */
type Details = Readonly<Record<string, unknown>>;

/** What an entry shows of the target: its name, and its state before and after the change. */
export interface Snapshots {
	readonly target_name: string | null;
	readonly before: Snapshot;
	readonly after: Snapshot;
}

type States = Pick<Snapshots, "before" | "after">;
type ToStates = (details: Details) => States;

/** The details have the new state in the noun's own field, and the earlier one, if any, in `before`. */
const changed =
	(noun: Noun, field: string = noun): ToStates =>
	(details) => ({ before: toSnapshot(noun, details.before), after: toSnapshot(noun, details[field]) });
const deleted =
	(noun: Noun, field: string = noun): ToStates =>
	(details) => ({ before: toSnapshot(noun, details[field]), after: null });
/** The details themselves are the new state. */
const happened =
	(noun: Noun): ToStates =>
	(details) => ({ before: null, after: toSnapshot(noun, details) });
/** The details themselves are the state that has ended. */
const ended =
	(noun: Noun): ToStates =>
	(details) => ({ before: toSnapshot(noun, details), after: null });
const moved =
	(noun: Noun, from: (details: Details) => unknown, to: (details: Details) => unknown): ToStates =>
	(details) => ({ before: toSnapshot(noun, from(details)), after: toSnapshot(noun, to(details)) });
const silent: ToStates = () => ({ before: null, after: null });

/** Every action that writes an entry. One that is not listed shows no states. */
const ACTIONS: Readonly<Record<string, ToStates>> = {
	"key.created": happened("key"),
	"key.updated": changed("key", "after"),
	"key.paused": moved(
		"revocation",
		() => ({ status: "active" }),
		() => ({ status: "paused" }),
	),
	"key.resumed": moved(
		"revocation",
		() => ({ status: "paused" }),
		() => ({ status: "active" }),
	),
	"key.revoked": moved(
		"revocation",
		({ status_before: status }) => ({ status }),
		({ reason, note }) => ({ status: "revoked", reason, note }),
	),
	"key.reissued": happened("secret"),
	"key.expiry_warned": happened("expiry"),
	"keys.imported": happened("import"),
	"secret.kept_in": happened("storage_location"),
	"secret.rekeyed": happened("secret"),
	"handover.created": happened("handover"),
	"handover.claimed": happened("handover"),
	"handover.cancelled": happened("handover"),
	"rotation.started": happened("rotation"),
	"rotation.reminded": happened("rotation"),
	"rotation.shortened": happened("rotation"),
	"rotation.completed": happened("rotation"),
	"rotation.cancelled": happened("rotation"),
	"rotation.source_confirmed": happened("rotation_source"),
	"source.named": moved(
		"source",
		({ name_before: name }) => ({ name }),
		({ name }) => ({ name }),
	),
	"site.created": changed("site"),
	"site.updated": changed("site"),
	"site.deleted": deleted("site"),
	"document.created": happened("document"),
	"document.deleted": ended("document"),
	"member.joined": happened("member"),
	"member.role_changed": moved(
		"member",
		({ before: role }) => ({ role }),
		({ role }) => ({ role }),
	),
	"member.removed": deleted("member"),
	"invitation.created": happened("invitation"),
	"invitation.cancelled": ended("invitation"),
	"portal_session.created": happened("portal_session"),
	"portal_session.redeemed": happened("portal_session"),
	"portal_session.ended": ended("portal_session"),
	"tenant.created": changed("tenant"),
	"tenant.updated": changed("tenant"),
	"tenant.erased": happened("erasure"),
	"plan.created": changed("plan"),
	"plan.updated": changed("plan"),
	"plan.deleted": deleted("plan"),
	"capability.created": changed("capability"),
	"capability.updated": changed("capability"),
	"capability.deleted": deleted("capability"),
	"permission.created": changed("permission"),
	"permission.updated": changed("permission"),
	"permission.deleted": deleted("permission"),
	"api_profile.updated": moved(
		"api_profile",
		({ before }) => before,
		({ profile }) => profile,
	),
	"forward_auth_rules.updated": moved(
		"forward_auth_rules",
		({ before: rules }) => ({ rules }),
		({ rules }) => ({ rules }),
	),
	"legacy_format.created": changed("legacy_format", "format"),
	"legacy_format.updated": changed("legacy_format", "format"),
	"legacy_format.deleted": deleted("legacy_format", "format"),
	"service.created": happened("service"),
	"service.revoked": ended("service"),
	"service.rekeyed": silent,
	"webhook.created": happened("webhook"),
	"webhook.updated": changed("webhook", "after"),
	"webhook.deleted": ended("webhook"),
	"webhook.disabled": happened("webhook_failure"),
	"webhook.secret_rotated": happened("webhook_secret"),
	"webhook.delivery_replayed": happened("webhook_delivery"),
	"webhook.rekeyed": silent,
	"alert.acknowledged": happened("alert"),
	"alert_rule.updated": changed("alert_rule", "after"),
	"alert.tested": happened("alert_rule"),
	"revocation.rehearsed": happened("rehearsal"),
	"revocation.rehearsal_confirmed": happened("rehearsal"),
	"operator.added": happened("person"),
	"operator.removed": ended("person"),
	"operator.invited": happened("invitation"),
	"operator.invitation_cancelled": ended("invitation"),
	"password.changed": silent,
	"password.set_by_link": silent,
	"password_reset.created": silent,
	"password_reset.cancelled": ended("password_reset"),
	"person.address_proved": silent,
	"person.address_changed": silent,
	"person.renamed": silent,
	"person.signed_in_by_link": silent,
	"pepper.registered": silent,
};

export const AUDITED_ACTIONS: readonly string[] = Object.keys(ACTIONS);

function textIn(value: unknown, field: string): string | null {
	if (value === null || typeof value !== "object" || Array.isArray(value)) return null;
	const found = Object.entries(value).find(([name]) => name === field)?.[1];
	return typeof found === "string" && found !== "" ? found : null;
}

/** The target's name as of then: what the change itself says, else its e-mail address. */
function getName(details: Details, { before, after }: States): string | null {
	const places = [details, details.before, before, after, details.after];
	for (const field of ["name", "product_name", "email"]) for (const place of places) if (textIn(place, field) !== null) return textIn(place, field);
	return null;
}

/** What the entry of a change shows: built from listed fields only (`nouns.ts`), so it holds no secret whatever the details hold. */
export function toSnapshots(action: string, details: Details): Snapshots {
	const states = (ACTIONS[action] ?? silent)(details);

	return { ...states, target_name: textIn(toSnapshot("source", { name: getName(details, states) }), "name") };
}
