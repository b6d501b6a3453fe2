import { hash } from "node:crypto";
import { change } from "../../audit/change.ts";
import { ImportedLookups } from "../imported/lookup.ts";
import { LAST_CHARACTERS } from "./format.ts";
import { MAC_VERSION, rawKeyFromElsewhere, type SecretIdentity, secretMac, secretMatches } from "./mac.ts";
import type { PepperContext } from "./pepper-check.ts";
import { lockMac, type MacChanges, updateMac } from "./pepper-store.ts";

/** Whether the MAC of a matched secret must be recomputed: it has an earlier pepper or covers only a hash. */
export function isRekeyDue(stored: { pepper_id: string; mac_version: number }, current_pepper_id: string): boolean {
	return stored.pepper_id !== current_pepper_id || stored.mac_version !== MAC_VERSION;
}

/** The actor's name in the audit entry of a recomputed MAC. */
export function getRekeyerName(stored: { mac_version: number }): string {
	return stored.mac_version === MAC_VERSION ? "pepper rotation" : "first use of an imported key";
}

/** The columns of an imported secret that are known once its raw key was presented. */
function importedSecretChanges(context: PepperContext, secret: string): Pick<MacChanges, "last4" | "lookup"> {
	const raw_key = rawKeyFromElsewhere(secret);
	if (raw_key === null) return {};
	return { last4: raw_key.slice(-LAST_CHARACTERS), lookup: new ImportedLookups(context.peppers).current(hash("sha256", raw_key, "buffer")) };
}

/**
 * Recomputes the stored MAC of a presented secret with the current pepper, over the whole raw key if only its hash was known. Returns false if that is
 * done already, or if the secret is gone or does not match.
 */
export async function rekeySecret(context: PepperContext, request: SecretIdentity & { secret: string }): Promise<boolean> {
	const { secret, ...identity } = request;
	const { kid, key_id, tenant_id } = identity;
	const { peppers } = context;
	return change(context, async (tx) => {
		const stored = await lockMac(tx, tenant_id, kid);
		if (stored === null || !isRekeyDue(stored, peppers.current.id) || !secretMatches(peppers, identity, secret, stored)) return { unchanged: false };
		await updateMac(tx, tenant_id, kid, {
			mac: secretMac(peppers.current, identity, secret),
			mac_version: MAC_VERSION,
			pepper_id: peppers.current.id,
			...importedSecretChanges(context, secret),
		});
		const details = { kid, pepper_id: peppers.current.id, pepper_id_before: stored.pepper_id };
		const from_hash = stored.mac_version !== MAC_VERSION;
		return {
			result: true,
			audit: [
				{
					action: "secret.rekeyed",
					target: { kind: "key", id: key_id, name: stored.key_name },
					details: from_hash ? { ...details, first_use_of_imported: true } : details,
					tenant_id,
				},
			],
			invalidates: [{ kind: "key", id: key_id }],
		};
	});
}
