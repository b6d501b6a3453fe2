import { ApiError } from "../core/error.ts";
import { parseAddress } from "../core/network.ts";
import type { ExposureRecorder } from "../exposure/recorder.ts";
import type { DenialCode } from "../verification/denial.ts";
import { keyNotSent } from "../verification/denial.ts";
import type { Verifier } from "../verification/verifier.ts";
import type { AddressPace } from "./address-pace.ts";
import type { FinderParts } from "./gate.ts";

export interface StatusContext extends FinderParts {
	readonly verifier: Pick<Verifier, "examine" | "countWrong" | "sources">;
	readonly exposures: Pick<ExposureRecorder, "addCanary">;
	readonly status_pace: AddressPace;
}

/** The denials of a key that works nowhere. With the others it works, but not for this caller. */
const DEAD: ReadonlySet<DenialCode> = new Set(["key_invalid", "key_revoked", "key_rotated", "key_expired", "key_paused", "tenant_suspended"]);

/**
 * Whether the key in X-API-Key works, for programs that search for leaked keys. Tells nothing else of it and is no use of it; a canary key raises
 * its alarm. 401 `key_missing`; 429 `rate_limited`; 503 `unavailable`.
 */
export async function readKeyStatus(context: StatusContext): Promise<{ active: boolean }> {
	const { verifier, exposures, presented, anonymous, user_agent } = context;
	context.status_pace.take(anonymous.bucket);
	if (presented === null || presented.trim() === "") throw new ApiError("key_missing", keyNotSent().detail);
	const address = parseAddress(anonymous.address ?? "");
	const source = verifier.sources.find(address, user_agent, null);
	const { denial, canary } = await verifier.examine({
		...{ tenant_id: null, site_id: null, capability: null, permissions: [], cost: 1, limits: null, budgets: null, plain_http: false },
		...{ request_id: null, raw_key: presented, source, address, client: "server", operation: "GET /api/v1/key-status" },
	});
	if (denial?.code === "key_invalid") verifier.countWrong(address);
	if (canary) exposures.addCanary(canary, source);
	if (denial?.code === "unavailable") throw new ApiError("unavailable", denial.detail, denial.metadata);
	return { active: denial === null || !DEAD.has(denial.code) };
}
