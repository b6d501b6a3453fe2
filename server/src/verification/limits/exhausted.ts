import type { BudgetPeriod } from "../../keys/budgets/budget.ts";
import { type Denial, deny } from "../denial.ts";
import { type Allowance, type AllowancePrice, costOf } from "./allowance.ts";
import type { Ledger } from "./ledger.ts";
import { formatRefill } from "./period.ts";

const PER: Readonly<Record<BudgetPeriod, string>> = { day: "a day", week: "a week", month: "a month", total: "in total" };

/** Names the one that refills last, so that a caller who waits is not refused by another. */
export function allowanceExhausted(allowances: readonly Allowance[], price: AllowancePrice, now: number, ledger: Ledger): Denial | null {
	const waitMs = (allowance: Allowance) =>
		allowance.budget !== null && costOf(allowance, price) > allowance.amount
			? Number.POSITIVE_INFINITY
			: ledger.spanAt(allowance.per, now).until_ms - now;
	const [first, ...others] = allowances.filter((allowance) => ledger.check(allowance, costOf(allowance, price), now) === false);
	if (first === undefined) return null;
	const slowest = others.reduce((slow, other) => (waitMs(other) > waitMs(slow) ? other : slow), first);
	return refusalBy(slowest, costOf(slowest, price), now, ledger);
}

function refusalBy(allowance: Allowance, cost: number, now: number, ledger: Ledger): Denial {
	const { amount, per, budget } = allowance;
	const span = ledger.spanAt(per, now);
	const refills_at = formatRefill(span);
	const retry = Number.isFinite(span.until_ms) ? { retry_after_seconds: (span.until_ms - now) / 1000 } : {};
	if (budget === null)
		return deny(
			"quota",
			"quota_exceeded",
			`The ${amount} requests of this month are used up. The next month begins on the first, UTC; a larger plan has more.`,
			{ metadata: retry, facts: { requests: amount, refills_at } },
		);
	const { name, unit } = budget;
	const size = `The budget "${name}" of this key is ${amount} ${unit} ${PER[per]}`;
	const known = { budget: name, unit, amount, per, cost };
	if (cost > amount)
		return deny("budget", "quota_exceeded", `${size} and this request costs ${cost}: it can never pass.`, {
			metadata: { members: { budget: name, refills_at: null } },
			facts: { ...known, refills_at: null },
		});
	const refill = refills_at === null ? "It does not refill: ask the owner of the key for a larger one." : `It refills at ${refills_at}.`;
	const spent = cost === 1 ? "it is used up" : `less than the ${cost} that this request costs is left`;
	return deny("budget", "quota_exceeded", `${size}, and ${spent}. ${refill}`, {
		metadata: { ...retry, members: { budget: name, refills_at } },
		facts: { ...known, refills_at },
	});
}
