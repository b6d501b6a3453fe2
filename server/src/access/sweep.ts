import { record } from "../audit/record.ts";
import type { Clock } from "../core/clock.ts";
import { DAY_MS } from "../core/time.ts";
import type { Database } from "../database/database.ts";
import { deleteEnded } from "./people/store.ts";
import { deletePortalSessionsBefore } from "./portal/store.ts";

const PORTAL_KEPT_MS = 30 * DAY_MS;

/** Deletes ended sessions and links at once, and portal sessions after a month, because audit entries refer to them. */
export async function sweepSessions(context: { readonly database: Database; readonly clock: Clock }): Promise<void> {
	const now = context.clock.now();
	await record(context, async (tx) => {
		await deleteEnded(tx, new Date(now));
		await deletePortalSessionsBefore(tx, new Date(now - PORTAL_KEPT_MS));
	});
}
