import { ApiError } from "../../core/error.ts";

export const SITE_ENVIRONMENTS = ["prod", "staging", "dev"] as const;
export type SiteEnvironment = (typeof SITE_ENVIRONMENTS)[number];

/**
 * A subdivision of a tenant that documents belong to and keys can be bound to. A site with an environment refuses keys of any other; null
 * accepts all.
 */
export interface Site {
	readonly id: string;
	readonly tenant_id: string;
	readonly name: string;
	readonly environment: SiteEnvironment | null;
	readonly created_at: string;
}

/** Guarantee: the column has a check constraint with exactly these values. */
export function siteFromRow(row: { id: string; tenant_id: string; name: string; environment: string | null; created_at: Date }): Site {
	return {
		id: row.id,
		tenant_id: row.tenant_id,
		name: row.name,
		environment: row.environment as SiteEnvironment | null,
		created_at: row.created_at.toISOString(),
	};
}

/** Guarantee: the value was stored by `createSite` as its result. */
export function asStoredSite(result: unknown): Site {
	return result as Site;
}

export function siteNotFound(): ApiError {
	return new ApiError("not_found", "There is no site with this id.");
}
