import { assertUnchanged } from "../../http/meanwhile.ts";
import { readSite, type Site } from "../site-queries.ts";
import { formatEnvironment } from "./environment.ts";

/** Throws `ChangedMeanwhile` unless the site is as the person saw it. */
export function assertSiteUnchanged(tenant_id: string, seen: Site, onNow: (now: Site) => void): Promise<void> {
	return assertUnchanged({
		seen,
		read: () => readSite(tenant_id, seen.id),
		fields: [
			{ name: "Name", format: ({ name }) => name },
			{ name: "Environment", format: ({ environment }) => (environment === null ? "Any" : formatEnvironment(environment)) },
		],
		gone: "The site was deleted.",
		onNow,
	});
}
