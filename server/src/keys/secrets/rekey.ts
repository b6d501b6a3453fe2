import { hash } from "node:crypto";
import { change } from "../../audit/change.ts";
import { ImportedLookups } from "../imported/lookup.ts";
import { LAST_CHARACTERS } from "./format.ts";
import { MAC_VERSION, rawKeyFromElsewhere, type SecretIdentity, secretMac, secretMatches } from "./mac.ts";
import type { PepperContext } from "./pepper-check.ts";
import { lockMac, type MacChanges, updateMac } from "./pepper-store.ts";

/** Whether a secret that has just matched is to be made anew: by an earlier pepper, or of no more than a hash. */
export function isRekeyDue(stored: { pepper_id: string; mac_version: number }, current_pepper_id: string): boolean {
	return stored.pepper_id !== current_pepper_id || stored.mac_version !== MAC_VERSION;
}

/** Who makes a MAC anew, as the audit log names it. */
export function rekeyerOf(stored: { mac_version: number }): string {
	return stored.mac_version === MAC_VERSION ? "pepper rotation" : "first use of an imported key";
}

/** What of a raw key that was issued elsewhere is known once it was presented. */
function elsewhereChanges(context: PepperContext, secret: string): Pick<MacChanges, "last4" | "lookup"> {
	const raw_key = rawKeyFromElsewhere(secret);
	if (raw_key === null) return {};
	return { last4: raw_key.slice(-LAST_CHARACTERS), lookup: new ImportedLookups(context.peppers).current(hash("sha256", raw_key, "buffer")) };
}

/**
 * Makes the stored MAC of a secret anew with the current pepper, and over the whole raw key where only its hash was known. For a secret that has
 * just been presented and matched: only then is it in hand. False when there is nothing to do: it is done, gone, or does not match.
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
			...elsewhereChanges(context, secret),
		});
		const facts = { kid, pepper_id: peppers.current.id, pepper_id_before: stored.pepper_id };
		const from_hash = stored.mac_version !== MAC_VERSION;
		return {
			result: true,
			audit: [
				{
					action: "secret.rekeyed",
					target: { kind: "key", id: key_id },
					facts: from_hash ? { ...facts, first_use_of_imported: true } : facts,
					tenant_id,
				},
			],
			invalidates: [{ kind: "key", id: key_id }],
		};
	});
}
