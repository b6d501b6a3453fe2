import type { DatabaseContext } from "../database/database.ts";
import { read } from "../database/transaction.ts";
import { isTime, type Page, type PageRequest, toPage, windowByTexts } from "../http/input/cursor.ts";
import { keyNotFound } from "../keys/guards.ts";
import type { MailContext } from "../outbox/mail/mailer.ts";
import { keyExists } from "../usage/reports/report-store.ts";
import { type Evaluated, evaluateKey, evaluateTenant } from "./evaluate.ts";
import { readTurns } from "./history-store.ts";
import type { Evidence, ItemName } from "./item.ts";
import type { KeyedOperations } from "./operations.ts";
import type { ItemAnswer, TurnAnswer } from "./schema.ts";
import { wayOf } from "./ways.ts";

export type ChecklistContext = DatabaseContext & MailContext;

const NOTHING: Evaluated = { items: [], states: {} };

/**
 * The checklist of the tenant as it is now, or the items of one key; none for a key that has ended or is a canary key. What has turned since it was
 * last evaluated is stored in its history. 404 `not_found` for an unknown key.
 */
export async function getChecklist(
	context: ChecklistContext,
	operations: KeyedOperations,
	input: { tenant_id: string; key_id?: string },
): Promise<{ data: ItemAnswer[] }> {
	const { tenant_id, key_id } = input;
	const now = new Date(context.clock.now());
	const evaluation = { database: context.database, scope: context.scope, mails: context.mailer.enabled, operations, now };
	if (key_id === undefined) return toChecklistResponse(await evaluateTenant(evaluation, tenant_id), tenant_id, now);
	if (!(await read(context, (tx) => keyExists(tx, tenant_id, key_id)))) throw keyNotFound();
	return toChecklistResponse((await evaluateKey(evaluation, tenant_id, key_id)) ?? NOTHING, tenant_id, now);
}

function toChecklistResponse({ items, states }: Evaluated, tenant_id: string, now: Date): { data: ItemAnswer[] } {
	return {
		data: items.map((item) => ({
			...item,
			evidence: toEvidenceResponse(item.evidence),
			observed_at: item.observed_at?.toISOString() ?? null,
			since: (states[item.item]?.since ?? now).toISOString(),
			action: wayOf(item, tenant_id),
		})),
	};
}

/** Lists of facts are copied, because responses may be changed while they are written. */
function toEvidenceResponse({ facts, ...evidence }: Evidence): ItemAnswer["evidence"] {
	const copied = Object.entries(facts).map(([name, value]) => [name, typeof value === "object" && value !== null ? [...value] : value] as const);
	return { ...evidence, facts: Object.fromEntries(copied) };
}

type HistoryInput = PageRequest & { readonly tenant_id: string; readonly key_id?: string; readonly item?: ItemName };

/** What turned, the latest first: of the tenant, or of one key. 404 `not_found` for an unknown key. */
export async function getChecklistHistory(context: DatabaseContext, input: HistoryInput): Promise<Page<TurnAnswer>> {
	const { tenant_id, key_id = null, item = null } = input;
	const window = windowByTexts(input, 2, ([at = "", id = ""]) => isTime(at) && /^\d{1,15}$/.test(id));
	return read(context, async (tx) => {
		if (key_id !== null && !(await keyExists(tx, tenant_id, key_id))) throw keyNotFound();
		const page = toPage(await readTurns(tx, tenant_id, { key_id, item }, window), window, ({ at, id }) => [at.toISOString(), String(id)]);
		const data = page.data.map(({ id: _id, at, evidence, ...turn }) => ({ ...turn, at: at.toISOString(), evidence: toEvidenceResponse(evidence) }));
		return { ...page, data };
	});
}
