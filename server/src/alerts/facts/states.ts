import type { ReadTx } from "../../database/transaction.ts";
import type { Fact } from "../alert.ts";
import type { RuleName } from "../rule.ts";
import { readExpiring, readReplacedExposed, readResponsibleLeft, readRotationDue, readUnused } from "./keys-store.ts";
import { readBudgetsNear, readLimitsNear } from "./limits-store.ts";
import { readFailingWebhooks } from "./webhooks-store.ts";

/** What a rule finds when it looks. */
export interface Findings {
	/** Every subject of which it is so, or null for a rule whose facts come as news. */
	readonly facts: readonly Fact[] | null;
	/** Alerts that have ended. */
	readonly ended: readonly string[];
}

/** `farthest`: the threshold of all tenants that reaches farthest. */
type Reader = (tx: ReadTx, now: Date, farthest: number) => Promise<Findings>;

const complete =
	(read: (tx: ReadTx, now: Date, farthest: number) => Promise<Fact[]>): Reader =>
	async (tx, now, farthest) => ({ facts: await read(tx, now, farthest), ended: [] });

/** How the rules look that have an `every_ms`. A rule that looks at another state is one line here. */
const READERS: Readonly<Partial<Record<RuleName, Reader>>> = {
	key_expiring: complete(readExpiring),
	rotation_due: complete(readRotationDue),
	limit_near: complete(async (tx, now, percent) => [...(await readLimitsNear(tx, now, percent)), ...(await readBudgetsNear(tx, now, percent))]),
	key_unused: complete(readUnused),
	responsible_left: complete(readResponsibleLeft),
	key_exposed: async (tx, now) => ({ facts: null, ended: await readReplacedExposed(tx, now) }),
	webhook_failing: complete(readFailingWebhooks),
};

/** What `rule` finds now. Reads only. */
export async function look(tx: ReadTx, rule: RuleName, now: Date, farthest: number): Promise<Findings> {
	return (await READERS[rule]?.(tx, now, farthest)) ?? { facts: null, ended: [] };
}
