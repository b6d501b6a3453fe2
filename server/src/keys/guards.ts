import { Failure } from "../core/error.ts";

/** The words in which a key is told why it is refused; one place, because a second look must say what the first would have said. */
export const REFUSAL = {
	revoked: (key_name: string) => `The key "${key_name}" was revoked. Ask its owner for a new one.`,
	replaced: (key_name: string) => `This secret of the key "${key_name}" was replaced. Deploy the new one.`,
	expired: (key_name: string, expires_at: string) => `The key "${key_name}" expired at ${expires_at}. Ask its owner for a new date or a new key.`,
	paused: (key_name: string) => `The key "${key_name}" is paused. Ask its owner to resume it.`,
	suspended: (tenant_name: string) => `The tenant "${tenant_name}" is suspended. Ask the operator of this API.`,
	/** The same for what does not exist and for what is another's. */
	notFound: (tenant: { id: string; name: string }) =>
		`There is nothing with these ids that this key may see. The key belongs to the tenant "${tenant.name}" (${tenant.id}).`,
	environment: (key_name: string, key_environment: string, site_environment: string) =>
		`The key "${key_name}" is for ${key_environment} and this site is ${site_environment}. Use a key made for ${site_environment}.`,
	capability: (plan_name: string, capability: string) =>
		`The plan "${plan_name}" does not include ${capability}. Ask the operator of this API for a plan that does.`,
	permission: (key_name: string, permission: string) => `The key "${key_name}" does not have the permission ${permission}. Let its owner add it.`,
} as const;

/** A key or tenant that is gone altogether says nothing of what it was. */
export function goneKey(): Failure {
	return new Failure("key_revoked", "This key was revoked. Ask its owner for a new one.");
}
