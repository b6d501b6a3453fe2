/** The root of what each tenant has; without an id, that of all tenants. */
function ofTenant<N extends string>(noun: N) {
	return (tenant_id?: string) => (tenant_id === undefined ? ([noun] as const) : ([noun, tenant_id] as const));
}

/**
 * The first parts of every cached query: one root per noun. Invalidating a root refetches everything that is shown of the noun, so a change
 * invalidates the roots of what it changed.
 */
export const cacheRoots = {
	session: ["session"],
	profile: ["profile"],
	keys: ofTenant("keys"),
	key: (tenant_id: string, key_id: string) => ["keys", tenant_id, "one", key_id] as const,
	sites: ofTenant("sites"),
	team: ofTenant("team"),
	alerts: ofTenant("alerts"),
	checklist: ofTenant("checklist"),
	activity: ofTenant("activity"),
	usage: ofTenant("usage"),
	policy: ofTenant("policy"),
	limits: ofTenant("limits"),
	access: ofTenant("access"),
	/** What a person may do at a tenant that they visit as an operator. */
	visit: ofTenant("visit"),
	permissions: ofTenant("permissions"),
	capabilities: ofTenant("capabilities"),
	/** Null: of all tenants. */
	audit: (tenant_id: string | null) => ["audit", tenant_id] as const,
	/** Null: of the operator. */
	webhooks: (tenant_id: string | null) => ["webhooks", tenant_id] as const,
	invitation: (token: string) => ["invitation", token] as const,
	handover: (token: string) => ["handover", token] as const,
	operator: {
		tenants: ["operator", "tenants"],
		plans: ["operator", "plans"],
		services: ["operator", "services"],
		catalogue: ["operator", "catalogue"],
		permissions: ["operator", "permissions"],
		profile: ["operator", "api-profile"],
		health: ["operator", "health"],
		forward_auth: ["operator", "forward-auth-rules"],
		legacy_formats: ["operator", "legacy-formats"],
		leaks: ["operator", "leak-reports"],
		people: ["operator", "operators"],
		invitations: ["operator", "operator-invitations"],
		removals: ["operator", "removal-preview"],
		audited: ["operator", "audited-tenants"],
	},
} as const;
