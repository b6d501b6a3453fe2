import { holdsSecret } from "../core/secret-text.ts";

/**
 * The fields of each noun that an audit entry may show, before and after a change. A field that is not listed is not stored there, so a new
 * column with a secret stays out until it is reviewed and added here.
 */
const FIELDS = {
	key: [
		...["name", "environment", "owner", "integration", "labels", "permissions", "site_ids", "allowed_ips", "rate_limits", "expires_at"],
		...["rotate_every_days", "rotation_due_at", "client_policy", "budgets", "canary", "auto_rotate", "kid", "last4"],
	],
	revocation: ["status", "reason", "note"],
	secret: ["kid", "last4", "replaced_kids"],
	storage_location: ["kid", "place", "note"],
	expiry: ["expires_at", "working_days_left"],
	handover: ["handover_id", "email", "expires_at", "claimed_by", "last4", "because"],
	rotation: [
		...["rotation_id", "predecessor_kid", "successor_kid", "kid", "last4", "overlap_seconds", "hard_stop_at", "expires_at_before", "expires_at"],
		...["how", "force_reason", "because", "status"],
	],
	rotation_source: ["rotation_id", "source_id", "source", "old_last_seen_at"],
	import: ["source", "keys"],
	source: ["name"],
	site: ["name", "environment"],
	document: ["site_id", "kind", "title", "content_type", "size_bytes", "sha256"],
	member: ["name", "email", "role"],
	invitation: ["email", "role", "expires_at", "makes_operator", "because"],
	portal_session: ["name", "email", "role", "external_user_id", "confirmed", "because"],
	tenant: ["name", "plan_id", "status", "external_id", "limits", "client_policy", "leak_response", "key_policy"],
	erasure: ["keys_revoked", "members_removed"],
	plan: ["name", "capabilities", "rate_limits", "quota_requests_per_month", "limits", "max_key_lifetime_days", "key_policy"],
	capability: ["name", "description"],
	permission: ["name", "description", "capability"],
	api_profile: [
		...["product_name", "api_base_url", "check_request", "documentation_url", "status_url", "upgrade_url", "support_url", "error_base_url"],
		...["logo_sha256", "accent_color"],
	],
	forward_auth_rules: ["rules"],
	legacy_format: ["name", "prefix", "alphabet", "length_min", "length_max"],
	service: ["name", "last4"],
	webhook: ["url_origin", "events", "status"],
	webhook_failure: ["url_origin", "reason", "failing_since"],
	webhook_secret: ["overlap_seconds"],
	webhook_delivery: ["webhook_id", "delivery_id", "event_id", "type"],
	alert: ["rule", "name"],
	alert_rule: ["enabled", "threshold", "to"],
	rehearsal: ["acknowledged_ms", "nodes"],
	person: ["name", "email"],
	password_reset: ["purpose", "because"],
	pepper: ["pepper_id"],
} as const satisfies Record<string, readonly string[]>;

export type Noun = keyof typeof FIELDS;

export const NOUNS = Object.keys(FIELDS) as readonly Noun[];

/** State of a noun before or after a change, without secrets; null where there was none. */
export type Snapshot = Readonly<Record<string, unknown>> | null;

const REMOVED = "(removed: it contained a secret)";

/** Fields may hold lists and objects that people fill in, such as labels: a text with a secret is replaced wherever it stands. */
function withoutSecrets(value: unknown): unknown {
	if (typeof value === "string") return holdsSecret(value) ? REMOVED : value;
	if (value instanceof Date) return value.toISOString();
	if (Array.isArray(value)) return value.map(withoutSecrets);
	if (value === null || typeof value !== "object") return value;
	const defined = Object.entries(value).filter(([, inner]) => inner !== undefined);
	return Object.fromEntries(defined.map(([name, inner]) => [holdsSecret(name) ? REMOVED : name, withoutSecrets(inner)]));
}

/** The listed fields of `noun` that `state` has, without secrets; null for none. */
export function toSnapshot(noun: Noun, state: unknown): Snapshot {
	if (state === null || typeof state !== "object") return null;
	const fields: readonly string[] = FIELDS[noun];
	const shown = Object.entries(state).filter(([name, value]) => fields.includes(name) && value !== undefined);
	return shown.length === 0 ? null : Object.fromEntries(shown.map(([name, value]) => [name, withoutSecrets(value)]));
}
