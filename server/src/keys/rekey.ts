import { change } from "../audit/change.ts";
import type { PepperContext } from "./pepper-check.ts";
import { lockMac, updateMac } from "./pepper-store.ts";
import { MAC_VERSION, type SecretIdentity, secretMac, secretMatches } from "./secret.ts";

/**
 * Makes the stored MAC of a secret anew with the current pepper. For a secret that has just been presented and matched under an earlier
 * pepper: only then is it in hand. False when there is nothing to do: it is done, gone, or does not match.
 */
export async function rekeySecret(context: PepperContext, request: SecretIdentity & { secret: string }): Promise<boolean> {
	const { secret, ...identity } = request;
	const { kid, key_id, tenant_id } = identity;
	const { peppers } = context;
	return change(context, async (tx) => {
		const stored = await lockMac(tx, tenant_id, kid);
		const done = stored === null || (stored.pepper_id === peppers.current.id && stored.mac_version === MAC_VERSION);
		if (done || !secretMatches(peppers, identity, secret, stored)) return { unchanged: false };
		await updateMac(tx, tenant_id, kid, {
			mac: secretMac(peppers.current, identity, secret),
			mac_version: MAC_VERSION,
			pepper_id: peppers.current.id,
		});
		return {
			result: true,
			audit: [
				{
					action: "secret.rekeyed",
					target: { kind: "key", id: key_id },
					facts: { kid, pepper_id: peppers.current.id, pepper_id_before: stored.pepper_id },
					tenant_id,
				},
			],
			invalidates: [{ kind: "key", id: key_id }],
		};
	});
}
