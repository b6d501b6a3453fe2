/**
 * The first parts of every cached query of a tenant: one root per noun. Invalidating a root refetches everything that is shown of the noun, so a
 * change invalidates the roots of what it changed.
 */
export const cacheRoots = {
	keys: (tenant_id: string) => ["keys", tenant_id] as const,
	key: (tenant_id: string, key_id: string) => ["keys", tenant_id, "one", key_id] as const,
	sites: (tenant_id: string) => ["sites", tenant_id] as const,
	team: (tenant_id: string) => ["team", tenant_id] as const,
	alerts: (tenant_id: string) => ["alerts", tenant_id] as const,
	/** Null: of the operator. */
	webhooks: (tenant_id: string | null) => ["webhooks", tenant_id] as const,
	limits: (tenant_id: string) => ["limits", tenant_id] as const,
	access: (tenant_id: string) => ["access", tenant_id] as const,
};
