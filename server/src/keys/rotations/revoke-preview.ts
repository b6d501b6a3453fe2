import { DAY_MS, HOUR_MS } from "../../core/time.ts";
import type { DatabaseContext } from "../../database/database.ts";
import { read } from "../../database/transaction.ts";
import { readTenantWithPlan } from "../../tenants/store.ts";
import { tenantNotFound } from "../../tenants/tenant.ts";
import { keyActivity } from "../../usage/activity-store.ts";
import { countRequests } from "../../usage/reports/report-store.ts";
import { readSources } from "../../usage/sources/store.ts";
import { expiryAfterRotation } from "../expiry/lifetime.ts";
import { keyNotFound } from "../guards.ts";
import { readKey } from "../store.ts";
import { isInProgress } from "./machine.ts";
import { observeRotation } from "./observe.ts";
import { toRotationResponse } from "./response.ts";
import type { RevokePreview } from "./schema.ts";
import { readExpirySetAt, readOpenRotation } from "./store.ts";

const WEEK_MS = 7 * DAY_MS;

/**
 * What would stop working if the key were revoked now: its requests, their sources and the open rotation; and the expiry date that a rotation
 * started now would set. 404 `not_found`.
 */
export async function revokePreview(context: DatabaseContext, input: { tenant_id: string; key_id: string }): Promise<RevokePreview> {
	const { tenant_id, key_id } = input;
	return read(context, async (tx) => {
		const now = context.clock.now();
		const key = await readKey(tx, tenant_id, key_id);
		if (!key) throw keyNotFound();
		const found = await readTenantWithPlan(tx, tenant_id);
		if (!found) throw tenantNotFound();
		const dated_at = await readExpirySetAt(tx, tenant_id, key_id);
		const replaced = expiryAfterRotation(key, { wanted: undefined, by_person: true, dated_at, plan: found.plan, now });
		const [last_hour, last_day, last_week] = await countRequests(
			tx,
			input,
			[HOUR_MS, DAY_MS, WEEK_MS].map((ms) => new Date(now - ms)),
		);
		const sources = (await readSources(tx, tenant_id, key_id)).filter((source) => source.last_seen_at.getTime() > now - WEEK_MS);
		const open = await readOpenRotation(tx, tenant_id, key_id);
		const rotation = open && (await observeRotation(tx, open, now));
		return {
			last_used_at: (await keyActivity(tx, tenant_id, [key_id])).get(key_id)?.last_used_at?.toISOString() ?? null,
			requests: { last_hour: last_hour ?? 0, last_day: last_day ?? 0, last_week: last_week ?? 0 },
			sources: sources.map(({ id, name, network, agent, client, requests, last_seen_at }) => ({
				...{ id, name, network, agent, client, requests },
				last_seen_at: last_seen_at.toISOString(),
				seen_within: seenWithin(now - last_seen_at.getTime()),
			})),
			rotation: rotation && isInProgress(rotation.phase) ? toRotationResponse(rotation, now) : null,
			expires_at_if_replaced: "pointer" in replaced ? null : (replaced.expires_at?.toISOString() ?? null),
		};
	});
}

function seenWithin(ago_ms: number): "hour" | "day" | "week" {
	if (ago_ms <= HOUR_MS) return "hour";
	return ago_ms <= DAY_MS ? "day" : "week";
}
