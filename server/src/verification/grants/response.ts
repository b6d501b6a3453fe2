import type { Grant } from "./grant.ts";

/** The key and its tenant in responses of `whoami` and the verify API. */
export function toGrantResponse(grant: Grant) {
	return {
		key: {
			id: grant.key_id,
			name: grant.key_name,
			environment: grant.environment,
			last4: grant.last4,
			permissions: [...grant.permissions],
			site_ids: grant.site_ids === null ? null : [...grant.site_ids],
			expires_at: grant.expires_at,
			rotation_due_at: grant.rotation_due_at,
		},
		tenant: { id: grant.tenant.id, name: grant.tenant.name },
	};
}
