/**
 * Every dialog and sheet that has an address, by the path of its page. `FRAME` opens over any page of a tenant. A dialog of a name that is not here
 * does not compile; `e2e/browser/addresses.test.ts` opens them by their addresses.
 */
const FRAME = "*";
export const DIALOGS = {
	[FRAME]: ["shortcuts"],
	"/settings/api-access": ["create", "canary", "revoke", "revoke-leaked", "bulk-revoke", "transfer"],
	"/settings/api-access/$key_id": ["edit", "later-end", "replace", "pause", "revoke", "issue-again"],
	"/settings/api-access/$key_id/rotations/$rotation_id": ["another-link", "complete", "cancel", "issue-again"],
	"/sites": ["add", "edit", "delete"],
	"/alerts": ["test", "rule"],
	"/checklist": ["rehearse", "check", "history"],
	"/webhooks": ["add", "test", "edit", "secret", "disable", "enable", "delete", "delivery"],
	"/team": ["invite", "remove", "demote"],
	"/settings": ["name", "address"],
	"/operator/tenants": ["create", "plan", "limits", "details", "portal", "invite", "suspend", "delete"],
	"/operator/plans": ["create", "edit", "retire"],
	"/operator/services": ["create", "revoke"],
	"/operator/forward-auth": ["rule"],
	"/operator/catalogue": ["capability", "permission", "delete"],
	"/operator/legacy-formats": ["add", "delete"],
	"/operator/webhooks": ["add", "test", "edit", "secret", "disable", "enable", "delete", "delivery"],
	"/operator/people": ["add", "remove"],
} as const;

export type DialogPath = keyof typeof DIALOGS;
export type DialogName = (typeof DIALOGS)[DialogPath][number];

/** What an address may say about the dialog that is open. */
export interface DialogSearch {
	readonly dialog?: string;
	/** What the dialog is about, such as the id of a key; absent where the page says it. */
	readonly of?: string;
}

const OF_CHARACTERS_MAX = 300;

/** Parses the search parameters. A page ignores a dialog that it does not have, or that this person may not open. */
export function dialogSearchFrom(search: Readonly<Record<string, unknown>>): DialogSearch {
	const { dialog, of } = search;
	if (typeof dialog !== "string" || !/^[a-z-]{1,40}$/.test(dialog)) return {};
	return { dialog, ...(typeof of === "string" && of !== "" && of.length <= OF_CHARACTERS_MAX ? { of } : {}) };
}
