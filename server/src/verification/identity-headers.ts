import type { Grant } from "./grants/grant.ts";

/** What is no printable ASCII, and what would be taken for an escape, or lost at either end of a header. */
const NOT_PLAIN = /[^\x20-\x7e]|%|^ | $/;
const ESCAPED = /[^\x20-\x7e]+|%|^ | $/g;

/** A name as a header can carry it: percent-encoded UTF-8 where it is not printable ASCII. */
export function headerText(name: string): string {
	return NOT_PLAIN.test(name) ? name.toWellFormed().replace(ESCAPED, encodeURIComponent) : name;
}

/** No longer than a header line that common servers take (gunicorn and Apache 8,190 bytes), name included. */
export const PERMISSIONS_CHARACTERS_MAX = 8_000;
/** The lists of permissions as text; keys share their lists. */
const permissionTexts = new WeakMap<ReadonlySet<string>, string>();

function permissionText(permissions: ReadonlySet<string>): string {
	const known = permissionTexts.get(permissions);
	if (known !== undefined) return known;
	const text = [...permissions].join(" ");
	permissionTexts.set(permissions, text);
	return text;
}

/** As many permissions as a header may hold, those in `needed` first. What is left out makes an upstream refuse more, never less. */
export function fittingPermissions(permissions: ReadonlySet<string>, needed: readonly string[]): string {
	const fitting: string[] = [];
	let room = PERMISSIONS_CHARACTERS_MAX;
	for (const permission of new Set([...needed.filter((name) => permissions.has(name)), ...permissions])) {
		if (permission.length > room) continue;
		fitting.push(permission);
		room -= permission.length + 1;
	}
	return fitting.join(" ");
}

function permissionsValue(permissions: ReadonlySet<string>, needed: readonly string[]): string {
	const text = permissionText(permissions);
	return text.length <= PERMISSIONS_CHARACTERS_MAX ? text : fittingPermissions(permissions, needed);
}

/**
 * Says to the upstream who calls, as names and values in turn; all of them always, so that a proxy that copies them replaces whatever a caller
 * has sent. `needed`: the permissions that the request was held to.
 */
export function identityLines(grant: Grant, site_id: string | null, needed: readonly string[]): string[] {
	return [
		...["x-keywright-tenant", grant.tenant.id, "x-keywright-key-id", grant.key_id, "x-keywright-key-name", headerText(grant.key_name)],
		...["x-keywright-environment", grant.environment, "x-keywright-permissions", permissionsValue(grant.usable, needed)],
		...["x-keywright-site", site_id ?? ""],
	];
}
