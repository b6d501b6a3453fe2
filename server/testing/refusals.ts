import { record } from "../src/audit/record.ts";
import { newRequestId } from "../src/core/request-id.ts";
import type { DatabaseContext } from "../src/database/database.ts";
import { explainAnyRequest, explainOwnRequest, explainRequest } from "../src/failures/explain.ts";
import { RefusalFlusher } from "../src/failures/flush.ts";
import type { FactValue } from "../src/failures/refusal.ts";
import type { ExplanationAnswer } from "../src/failures/schema.ts";
import { aggregateUsage } from "../src/usage/aggregate.ts";
import { appendFlush } from "../src/usage/flush-store.ts";
import type { Question } from "../src/verification/question.ts";
import { testLog } from "./database.ts";
import { newQuestion, type Process, type VerificationFixture } from "./verification.ts";

/** Requests to one process whose refusals are read afterwards. */
export interface Refusing {
	/** Sends a request; returns its id. */
	refuse(raw_key: string, question?: Partial<Question>): Promise<string>;
	/** Writes refusals and counts, as the background does each second. */
	flush(): Promise<void>;
	explain(tenant_id: string, request_id: string): Promise<ExplanationAnswer>;
	explainOwn(key: { tenant_id: string; key_id: string }, request_id: string): Promise<ExplanationAnswer>;
	explainAny: (request_id: string) => ReturnType<typeof explainAnyRequest>;
}

/** The cause of an explanation by fact. */
export function factsOf({ cause }: Pick<ExplanationAnswer, "cause">): Record<string, FactValue> {
	return Object.fromEntries(cause.map(({ fact, value }) => [fact, value]));
}

export function startRefusing(fixture: VerificationFixture, process: Process): Refusing {
	const { database, clock } = fixture;
	const flusher = new RefusalFlusher({ database, log: testLog, recorder: process.refusals });
	const flusher_id = newRequestId();
	let flush_number = 0;
	const context = (scope: string): DatabaseContext => ({ ...fixture.context(process.node), scope });
	return {
		async refuse(raw_key, question) {
			const request_id = newRequestId(clock.now());
			await process.verifier.decide(newQuestion(raw_key, { request_id, ...question }));
			return request_id;
		},
		async flush() {
			await flusher.run();
			for (let batch = process.meter.drain(); batch !== null; batch = process.meter.drain()) {
				flush_number += 1;
				const flush = { flusher_id, flush_number, batch };
				await record({ database }, (tx) => appendFlush(tx, flush));
			}
			await aggregateUsage({ database, log: testLog });
		},
		explain: (tenant_id, request_id) => explainRequest(context(tenant_id), { tenant_id, request_id }),
		explainOwn: ({ tenant_id, key_id }, request_id) =>
			explainOwnRequest({ ...context(tenant_id), grant: { key_id, tenant: { id: tenant_id } } }, { request_id }),
		explainAny: (request_id) => explainAnyRequest(fixture.context(process.node), { request_id }),
	};
}
