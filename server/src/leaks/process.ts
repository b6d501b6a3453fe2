import { record } from "../audit/record.ts";
import { ApiError } from "../core/error.ts";
import { newRequestId } from "../core/request-id.ts";
import { type ExposureRecorder, writeExposures } from "../exposure/recorder.ts";
import type { KeysContext } from "../keys/context.ts";
import { completeReport } from "../keys/exposures/report-store.ts";
import type { Verifier } from "../verification/verifier.ts";
import type { LeakReport } from "./report.ts";
import { respondToLeak } from "./respond.ts";

export interface ProcessParts {
	readonly verifier: Pick<Verifier, "examine">;
	readonly exposures: Pick<ExposureRecorder, "addCanary">;
	/** A context of a system actor, for each report. */
	readonly systemContext: (name: string) => KeysContext;
}

/**
 * Looks a reported key up. Nothing happens without its whole secret; with it, the tenant's `leak_response` follows, and an exposure that its people are
 * alerted to. A canary key raises its alarm. Rejects when the data cannot be read; a repeat is safe.
 */
export async function processReport(parts: ProcessParts, report: LeakReport): Promise<void> {
	const { denial, grant, canary } = await parts.verifier.examine({
		...{ tenant_id: null, site_id: null, capability: null, permissions: [], cost: 1, limits: null, budgets: null, plain_http: false },
		...{ request_id: null, raw_key: report.raw_key, source: report.source, address: report.address, client: "server" },
		operation: "POST /api/v1/leak-reports",
	});
	if (denial?.code === "unavailable") throw new ApiError("unavailable", denial.detail);
	if (canary) parts.exposures.addCanary(canary, report.source);
	if (grant === null) return;
	const { key_id, kid, tenant } = grant;
	const name = report.reporter === "code_host" ? "code host's leak report" : "leak report";
	const context = { ...parts.systemContext(name), scope: tenant.id, request_id: newRequestId() };
	const outcome = await respondToLeak(context, { tenant_id: tenant.id, key_id, kid });
	const at = new Date(context.clock.now());
	await record(context, async (tx) => {
		const nowhere = { source_id: null, network: null, source: null };
		await writeExposures(tx, [{ kid, kind: "reported", first_at: at, last_at: at, requests: 1, ...nowhere }]);
		await completeReport(tx, { kid, url: report.url, reporter: report.reporter, outcome });
	});
	context.log.warn({ tenant_id: tenant.id, key_id, kid, outcome }, "leak_reported");
}
