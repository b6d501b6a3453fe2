import { HIDDEN_NETWORK, OVERFLOW_NETWORK, UNKNOWN_NETWORK } from "../../usage/sources/source.ts";
import type { KeyFacts, TenantFacts } from "../facts.ts";
import { type Finding, met, notMet, unknown } from "../item.ts";
import { lastSeen } from "./traffic.ts";

const NETWORKS_MAX = 10;
const NO_ADDRESS: ReadonlySet<string> = new Set([UNKNOWN_NETWORK, HIDDEN_NETWORK, OVERFLOW_NETWORK]);

export function assessRotation(key: KeyFacts, { now }: TenantFacts): Finding {
	const { rotate_every_days, rotation_due_at, rotated_at, rotated_due_at } = key;
	const facts = {
		every_days: rotate_every_days,
		due_at: rotation_due_at?.toISOString() ?? null,
		last_at: rotated_at?.toISOString() ?? null,
		last_in_time: rotated_at === null || rotated_due_at === null ? null : rotated_at <= rotated_due_at,
	};
	if (rotate_every_days === null || rotation_due_at === null) return notMet("no_period", now, { facts });
	// The one that is due first is shown.
	const weight = -rotation_due_at.getTime();
	return rotation_due_at <= now ? notMet("overdue", now, { facts, weight }) : met("scheduled", now, { facts, weight });
}

export function assessResponsible({ responsible, member_id, is_member }: KeyFacts, { now }: TenantFacts): Finding {
	const facts = { responsible };
	if (member_id === null) return unknown("not_a_member", now, { facts });
	return is_member ? met("member", now, { facts }) : notMet("left", now, { facts });
}

/** For production keys. */
export function assessExpiry({ expires_at }: KeyFacts, { now }: TenantFacts): Finding {
	if (expires_at === null) return notMet("no_end", now);
	return met("has_end", now, { facts: { expires_at: expires_at.toISOString() }, weight: expires_at.getTime() });
}

/** For production keys: whether they work from their own addresses only. */
export function assessAddresses(key: KeyFacts, { now }: TenantFacts): Finding {
	if (key.allowed_ips !== null)
		return met("bound", now, { facts: { addresses: key.allowed_ips.slice(0, NETWORKS_MAX), count: key.allowed_ips.length } });
	const seen = lastSeen(key);
	if (key.sources.length === 0) return unknown("quiet", seen);
	const networks = [...new Set(key.sources.map(({ network }) => network).filter((network) => !NO_ADDRESS.has(network)))].sort();
	if (networks.length === 0) return unknown("networks_unknown", seen);
	const complete = key.sources.every(({ network }) => !NO_ADDRESS.has(network));
	return notMet("any_address", seen, { facts: { networks: networks.slice(0, NETWORKS_MAX), count: networks.length, complete } });
}
