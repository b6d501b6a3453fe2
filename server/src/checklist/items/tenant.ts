import { DAY_MS, HOUR_MS } from "../../core/time.ts";
import type { TenantFacts } from "../facts.ts";
import { type Finding, met, notMet, unknown } from "../item.ts";

/** How long a rehearsal, or a delivered test of an alert, shows that it works. */
export const VALID_DAYS = 180;
/** A test that was not delivered by then has failed. */
const DELIVERY_MS = HOUR_MS;

export function assessRevocation({ now, rehearsal }: TenantFacts): Finding {
	if (rehearsal === null) return unknown("never", null);
	const { started_at, acknowledged_ms, nodes, confirmed_at, confirmed_by } = rehearsal;
	const facts = { rehearsed_at: started_at.toISOString(), acknowledged_ms, nodes, confirmed_by };
	if (confirmed_at === null) return unknown("not_confirmed", started_at, { facts });
	const valid_until = new Date(confirmed_at.getTime() + VALID_DAYS * DAY_MS);
	const rest = { facts: { ...facts, valid_until: valid_until.toISOString() } };
	return valid_until <= now ? notMet("too_old", started_at, rest) : met("rehearsed", started_at, rest);
}

export function assessMonitoring({ now, monitoring }: TenantFacts): Finding {
	const { enabled, can_reach, test, acknowledged_at, acknowledged_by } = monitoring;
	const facts = {
		rule: test?.rule ?? enabled[0] ?? null,
		tested_at: test?.tested_at.toISOString() ?? null,
		tested_by: test?.tested_by ?? null,
		delivered_at: test?.delivered_at?.toISOString() ?? null,
		acknowledged_at: acknowledged_at?.toISOString() ?? null,
		acknowledged_by,
	};
	if (enabled.length === 0) return notMet("off", now, { facts });
	if (!can_reach) return notMet("reaches_no_one", now, { facts });
	if (test === null) return unknown("never_tested", null, { facts });
	const { tested_at, delivered_at } = test;
	if (delivered_at === null) {
		const has_failed = now.getTime() - tested_at.getTime() > DELIVERY_MS;
		return has_failed ? notMet("not_delivered", tested_at, { facts }) : unknown("waiting", tested_at, { facts });
	}
	const is_old = now.getTime() - delivered_at.getTime() > VALID_DAYS * DAY_MS;
	return is_old ? notMet("too_old", delivered_at, { facts }) : met("tested", delivered_at, { facts });
}
