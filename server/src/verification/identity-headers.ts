import type { Grant } from "./grants/grant.ts";

/** Non-printable or non-ASCII characters, `%`, and leading or trailing spaces, which HTTP strips. */
const NOT_PLAIN = /[^\x20-\x7e]|%|^ | $/;
const ESCAPED = /[^\x20-\x7e]+|%|^ | $/g;

/** Encodes a name for a header: percent-encoded UTF-8 for everything but plain printable ASCII. */
export function headerText(name: string): string {
	return NOT_PLAIN.test(name) ? name.toWellFormed().replace(ESCAPED, encodeURIComponent) : name;
}

/** Below the header line limit of common servers, name included (gunicorn and Apache: 8,190 bytes). */
export const PERMISSIONS_CHARACTERS_MAX = 8_000;
/** Permission sets as text. Keys share their sets. */
const permissionTexts = new WeakMap<ReadonlySet<string>, string>();

function permissionText(permissions: ReadonlySet<string>): string {
	const known = permissionTexts.get(permissions);
	if (known !== undefined) return known;
	const text = [...permissions].join(" ");
	permissionTexts.set(permissions, text);
	return text;
}

/** As many permissions as fit into the header, those in `needed` first. Fails closed: an omitted permission can only cause a refusal. */
export function formatPermissions(permissions: ReadonlySet<string>, needed: readonly string[]): string {
	const fitting: string[] = [];
	let left = PERMISSIONS_CHARACTERS_MAX;
	for (const permission of new Set([...needed.filter((name) => permissions.has(name)), ...permissions])) {
		if (permission.length > left) continue;
		fitting.push(permission);
		left -= permission.length + 1;
	}
	return fitting.join(" ");
}

function permissionsValue(permissions: ReadonlySet<string>, needed: readonly string[]): string {
	const text = permissionText(permissions);
	return text.length <= PERMISSIONS_CHARACTERS_MAX ? text : formatPermissions(permissions, needed);
}

/**
 * Headers that identify the caller to the upstream, as alternating names and values. Always all of them, so that a proxy that copies them
 * overwrites forged ones. `needed`: the permissions that the request requires.
 */
export function identityLines(grant: Grant, site_id: string | null, needed: readonly string[]): string[] {
	return [
		...["x-keywright-tenant", grant.tenant.id, "x-keywright-key-id", grant.key_id, "x-keywright-key-name", headerText(grant.key_name)],
		...["x-keywright-environment", grant.environment, "x-keywright-permissions", permissionsValue(grant.usable, needed)],
		...["x-keywright-site", site_id ?? ""],
	];
}
