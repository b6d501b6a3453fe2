import type { Grant } from "./grant.ts";

/** What is no printable ASCII, and what would be taken for an escape, or lost at either end of a header. */
const NOT_PLAIN = /[^\x20-\x7e]|%|^ | $/;
const ESCAPED = /[^\x20-\x7e]+|%|^ | $/g;

/** A name as a header can carry it: percent-encoded UTF-8 where it is not printable ASCII. */
export function headerText(name: string): string {
	return NOT_PLAIN.test(name) ? name.toWellFormed().replace(ESCAPED, encodeURIComponent) : name;
}

/** The lists of permissions as text; keys share their lists. */
const permissionTexts = new WeakMap<ReadonlySet<string>, string>();

function permissionText(permissions: ReadonlySet<string>): string {
	const known = permissionTexts.get(permissions);
	if (known !== undefined) return known;
	const text = [...permissions].join(" ");
	permissionTexts.set(permissions, text);
	return text;
}

/** Says to the upstream who calls, as names and values in turn; all of them always, so that a proxy that copies them replaces whatever a caller has sent. */
export function identityLines(grant: Grant, site_id: string | null): string[] {
	return [
		...["x-keywright-tenant", grant.tenant.id, "x-keywright-key-id", grant.key_id, "x-keywright-key-name", headerText(grant.key_name)],
		...["x-keywright-environment", grant.environment, "x-keywright-permissions", permissionText(grant.usable), "x-keywright-site", site_id ?? ""],
	];
}
