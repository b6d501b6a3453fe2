/** Details of the denials of a key. Verification and the recheck inside a transaction share them, so that both answer alike. */
export const DENIAL_TEXTS = {
	revoked: (key_name: string) => `The key "${key_name}" was revoked. Ask its owner for a new one.`,
	replaced: (key_name: string) => `This secret of the key "${key_name}" was replaced. Deploy the new one.`,
	expired: (key_name: string, expires_at: string) => `The key "${key_name}" expired at ${expires_at}. Ask its owner for a new date or a new key.`,
	paused: (key_name: string) => `The key "${key_name}" is paused. Ask its owner to resume it.`,
	suspended: (tenant_name: string) => `The tenant "${tenant_name}" is suspended. Ask the operator of this API.`,
	/** Does not reveal whether the resource exists in another tenant or scope. */
	notFound: (tenant: { id: string; name: string }) =>
		`There is no resource with these ids that this key may access. The key belongs to the tenant "${tenant.name}" (${tenant.id}).`,
	environment: (key_name: string, key_environment: string, site_environment: string) =>
		`The key "${key_name}" is for ${key_environment} and this site is ${site_environment}. Use a key made for ${site_environment}.`,
	capability: (plan_name: string, capability: string) =>
		`The plan "${plan_name}" does not include ${capability}. Ask the operator of this API for a plan that does.`,
	permission: (key_name: string, permission: string) => `The key "${key_name}" does not have the permission ${permission}. Ask its owner to add it.`,
} as const;
