import assert from "node:assert/strict";
import { parseAddress } from "../src/core/network.ts";
import { newRequestId } from "../src/core/request-id.ts";
import type { HandoverContext, KeysContext, RecipientContext } from "../src/keys/context.ts";
import { rotateKey } from "../src/keys/rotations/rotate.ts";
import type { RotateInput } from "../src/keys/rotations/schema.ts";
import type { CreateInput } from "../src/keys/schema.ts";
import type { SelfContext } from "../src/m2m/own-key.ts";
import { createMailer } from "../src/outbox/mail/mailer.ts";
import { LiveProfile } from "../src/plans/profile/live.ts";
import { aggregateUsage } from "../src/usage/aggregate.ts";
import { type Flushing, startFlushing } from "../src/usage/flush.ts";
import { getSource, type Source } from "../src/usage/sources/source.ts";
import type { Grant } from "../src/verification/grants/grant.ts";
import { type KeyedRequest, KeyedRequestContext } from "../src/verification/keyed-context.ts";
import { testLog } from "./database.ts";
import { TestBrowser } from "./people.ts";
import { getCode, type MadeKey, type Process, type VerificationFixture, verificationFixture } from "./verification.ts";

/** Programs that call an API with a key, from distinguishable sources. */
export const CALLERS = {
	orders: from("203.0.113.7", "order-bot/1.2"),
	reports: from("203.0.113.7", "crm-sync/3"),
	backup: from("203.0.113.7", "backup-job/0.9"),
} as const satisfies Record<string, Source>;
export type CallerName = keyof typeof CALLERS;
const EVERY_CALLER: readonly CallerName[] = ["orders", "reports", "backup"];

export function from(address: string | null, agent: string): Source {
	const parsed = address === null ? null : parseAddress(address);
	assert(address === null || parsed, "an address of the tests cannot be read");
	return getSource(parsed, agent, null);
}

class OwnContext extends KeyedRequestContext implements SelfContext {
	readonly peppers: KeysContext["peppers"];
	readonly key_brand: string;

	constructor(system: KeysContext, ...keyed: [grant: Grant, request: KeyedRequest]) {
		super(system, ...keyed);
		this.peppers = system.peppers;
		this.key_brand = system.key_brand;
	}
}

/** A verifying process whose counts are flushed when a test says so, on a clock that a test advances. */
export interface RotationFixture {
	readonly verification: VerificationFixture;
	readonly main: Process;
	context(overrides?: Partial<KeysContext>): KeysContext;
	handoverContext(overrides?: Partial<HandoverContext>): HandoverContext;
	recipient(): RecipientContext;
	/** Presents the raw key and returns the response's code; the use is counted, and flushed and aggregated by the next `pass`. */
	present(raw_key: string, caller: CallerName | Source, operation?: string): Promise<string>;
	/** Like `present`, and the use is flushed and aggregated at once. */
	use(raw_key: string, caller: CallerName | Source, operation?: string): Promise<string>;
	/** Advances the clock, then flushes and aggregates the counts of all processes. */
	pass(seconds: number): Promise<void>;
	/** Another process, whose counts are flushed with the first one's. */
	second(): Promise<Process>;
	key(tenant_id: string, input?: Partial<CreateInput>): Promise<MadeKey>;
	/** The context of a request by the key about its own secret, on a route that needs `permission`. */
	self(raw_key: string, idempotency_key?: string | null, permission?: string | null): Promise<SelfContext>;
	rotate(key: MadeKey, input?: Omit<RotateInput, "handover">, overrides?: Partial<KeysContext>): ReturnType<typeof rotateKey>;
	close(): Promise<void>;
}

export async function rotationFixture(): Promise<RotationFixture> {
	const verification = await verificationFixture();
	const { clock, database } = verification;
	const main = await verification.process();
	const flushed = new Map<Process, Flushing>();
	const flush = (process: Process): Flushing => {
		const known = flushed.get(process) ?? startFlushing({ database, meter: process.meter, clock, node: process.node, log: testLog });
		flushed.set(process, known);
		return known;
	};
	await flush(main).flushNow();
	const profile = new LiveProfile({ database, node: main.node, log: testLog, public_url: "https://keys.example.com" });
	const mailer = createMailer({ settings: null, product_name: () => profile.known.product_name, log: testLog });
	const context = (overrides: Partial<KeysContext> = {}) => verification.context(main.node, overrides);
	const handoverContext = (overrides: Partial<HandoverContext> = {}): HandoverContext => ({
		...context(),
		caller: { kind: "operator" },
		profile,
		mailer,
		...overrides,
	});
	async function present(raw_key: string, caller: CallerName | Source, operation = "GET /orders"): Promise<string> {
		const source = typeof caller === "string" ? CALLERS[caller] : caller;
		return getCode(await main.ask(raw_key, { source, operation }));
	}
	return {
		verification,
		main,
		context,
		handoverContext,
		recipient: () => ({
			...handoverContext({ scope: "", actor: { kind: "system", name: "public" } }),
			anonymous: new TestBrowser("198.51.100.7"),
		}),
		present,
		async use(raw_key, caller, operation) {
			const code = await present(raw_key, caller, operation);
			await flush(main).flushNow();
			await aggregateUsage({ database, log: testLog });
			return code;
		},
		async pass(seconds) {
			clock.advance(seconds * 1_000);
			for (const flushing of flushed.values()) await flushing.flushNow();
			await aggregateUsage({ database, log: testLog });
		},
		async second() {
			const process = await verification.process();
			await flush(process).flushNow();
			return process;
		},
		key: (tenant_id, input) => verification.key(main.node, tenant_id, input),
		async self(raw_key, idempotency_key = null, permission = "key:rotate") {
			const { grant } = await main.ask(raw_key);
			assert(grant, "the key is not known");
			const request = {
				request_id: newRequestId(),
				idempotency_key,
				site_id: null,
				permission,
				raw_key,
				address: null,
			};
			return new OwnContext(context(), grant, request);
		},
		rotate: (key, input = {}, overrides = {}) => rotateKey(context(overrides), { ...input, tenant_id: key.tenant_id, key_id: key.key_id }),
		async close() {
			for (const flushing of flushed.values()) await flushing.stop();
			await verification.close();
		},
	};
}

export type PlanOfKey = Parameters<VerificationFixture["tenant"]>[1];

/** A key that each of `callers` has used every ten seconds, often enough for its usual gap to be known. */
export async function makeUsedKey(fixture: RotationFixture, callers: readonly CallerName[] = EVERY_CALLER, plan: PlanOfKey = {}): Promise<MadeKey> {
	const key = await fixture.key(await fixture.verification.tenant(fixture.main.node, plan));
	for (let round = 0; round < 4; round += 1) {
		for (const caller of callers) assert.equal(await fixture.present(key.raw_key, caller), "allowed");
		await fixture.pass(10);
	}
	return key;
}
