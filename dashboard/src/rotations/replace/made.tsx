import type { ApiKey } from "../../keys/queries.ts";
import type { Made } from "../../keys/show-once/sheet.tsx";
import { RotationLive } from "../live.tsx";
import type { Rotation } from "../queries.ts";

/** The response to starting a rotation: with a raw key or with a link. */
type Begun = { readonly key: ApiKey; readonly rotation: Rotation } & (
	| { readonly raw_key: string }
	| { readonly handover_url: string; readonly mailed: boolean }
);

/** The part of a new rotation that is shown once. */
export function madeFrom(tenant_id: string, begun: Begun): Made {
	const { key, rotation } = begun;
	const live = <RotationLive path={{ tenant_id, key_id: key.id, rotation_id: rotation.id }} />;
	const given_up =
		rotation.status === "completed"
			? "The new key is given up, and the old one has ended: replace the key once more from its page"
			: "The new key is given up: take the replacement back on its page, and the old key keeps working";
	const common = { key, warnings: [], replacing: { live, given_up } };
	if ("raw_key" in begun) return { ...common, kind: "shown", raw_key: begun.raw_key };
	return { ...common, kind: "handed", url: begun.handover_url, mailed: begun.mailed };
}
