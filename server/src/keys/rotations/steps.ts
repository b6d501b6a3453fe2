import type { SecretOperation } from "../../usage/sources/evidence-store.ts";

/** The five steps of replacing a secret, in their order. */
export const STEPS = ["created", "deployed", "checked", "moved", "revoked"] as const;

/** What counts as having been done of late: as long before the old secret's last success. */
const ACTIVE_PERIOD_MS = 7 * 86_400_000;

export interface CheckedOperation {
	readonly operation: string;
	readonly old_at: Date;
	/** Null: not seen to succeed with the new secret. */
	readonly new_at: Date | null;
}

/** Everything that the old secret did with success in the last days in which it did anything, and when the new one did the same; the latest first. */
export function operationsOf(operations: readonly SecretOperation[], predecessor_kid: string, successor_kid: string | null): CheckedOperation[] {
	const old = operations.filter((done) => done.kid === predecessor_kid);
	const last_ms = Math.max(...old.map((done) => done.last_succeeded_at.getTime()));
	const done = new Map(operations.filter(({ kid }) => kid === successor_kid).map((one) => [one.operation, one.last_succeeded_at]));
	return old
		.filter(({ last_succeeded_at }) => last_succeeded_at.getTime() >= last_ms - ACTIVE_PERIOD_MS)
		.map(({ operation, last_succeeded_at }) => ({ operation, old_at: last_succeeded_at, new_at: done.get(operation) ?? null }));
}

/** The latest of some instants; null for none and where one is null. */
export function latestOf(times: readonly (Date | null)[]): Date | null {
	if (times.length === 0 || times.includes(null)) return null;
	return new Date(Math.max(...times.map((time) => time?.getTime() ?? 0)));
}
