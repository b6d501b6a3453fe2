import pg from "pg";
import { auditKeysFrom } from "../src/audit/entry.ts";
import { ManualClock } from "../src/core/clock.ts";
import { ALL_TENANTS } from "../src/core/context.ts";
import { type Peppers, parsePeppers } from "../src/core/pepper.ts";
import { newRequestId } from "../src/core/request-id.ts";
import { headerFilter } from "../src/core/secret-text.ts";
import type { Database } from "../src/database/database.ts";
import { ExposureRecorder } from "../src/exposure/recorder.ts";
import { RefusalRecorder } from "../src/failures/recorder.ts";
import type { KeysContext } from "../src/keys/context.ts";
import { createKey } from "../src/keys/create.ts";
import { liveImportedFormats } from "../src/keys/imported/formats.ts";
import type { CreateInput } from "../src/keys/schema.ts";
import { parseRawKey } from "../src/keys/secrets/format.ts";
import { Node } from "../src/nodes/node.ts";
import { putPlan } from "../src/plans/plans.ts";
import type { PlanInput } from "../src/plans/schema.ts";
import { createTenant } from "../src/tenants/tenants.ts";
import { Meter } from "../src/usage/meter.ts";
import { SourceMemo } from "../src/usage/sources/memo.ts";
import { UNKNOWN_SOURCE } from "../src/usage/sources/source.ts";
import { AddressFailures } from "../src/verification/address-failures.ts";
import type { Grant } from "../src/verification/grants/grant.ts";
import { Grants } from "../src/verification/grants/grants.ts";
import { Ledger } from "../src/verification/limits/ledger.ts";
import { WindowStore } from "../src/verification/limits/window-store.ts";
import type { Decision, Question } from "../src/verification/question.ts";
import { Verifier } from "../src/verification/verifier.ts";
import { TEST_PEPPER } from "./audit.ts";
import { bareTestDatabase, testLog } from "./database.ts";

export { TEST_PEPPER } from "./audit.ts";

/** Tests advance the clock by hand, by less than this. */
const LEASE_SECONDS = 1_000_000;
const BRAND = "kw";

export interface MadeKey {
	readonly tenant_id: string;
	readonly key_id: string;
	readonly kid: string;
	readonly raw_key: string;
}

/** The verifying components of one process, on its own node. */
export interface Process {
	readonly node: Node;
	readonly meter: Meter;
	readonly windows: WindowStore;
	readonly grants: Grants;
	readonly ledger: Ledger;
	readonly failures: AddressFailures;
	readonly verifier: Verifier;
	readonly exposures: ExposureRecorder;
	readonly refusals: RefusalRecorder;
	/** Secrets that matched under an old pepper, or only by their hash. */
	readonly rekeyed: { grant: Grant; secret: string }[];
	ask(raw_key: string, question?: Partial<Question>): Promise<Decision>;
}

export interface VerificationFixture {
	readonly clock: ManualClock;
	readonly database: Database;
	/** An operator's context, whose changes are made on `node`. */
	context(node: Node, overrides?: Partial<KeysContext>): KeysContext;
	process(options?: {
		database?: Database;
		grants_database?: Database;
		quota_database?: Database;
		peppers?: Peppers;
		grants_max?: number;
		failures_per_minute?: number;
	}): Promise<Process>;
	/** Runs statements as a superuser. */
	behind(statement: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
	plan(node: Node, plan_id: string, input?: Partial<PlanInput>): Promise<void>;
	/** A tenant on its own plan, `plan-<tenant id>`. */
	tenant(node: Node, plan?: Partial<PlanInput>): Promise<string>;
	key(node: Node, tenant_id: string, input?: Partial<CreateInput>, overrides?: Partial<KeysContext>): Promise<MadeKey>;
	close(): Promise<void>;
}

export function newQuestion(raw_key: string, question: Partial<Question> = {}): Question {
	return {
		raw_key,
		request_id: newRequestId(),
		cost: 1,
		limits: null,
		budgets: null,
		operation: "GET /test",
		source: UNKNOWN_SOURCE,
		address: null,
		client: "server",
		tenant_id: null,
		site_id: null,
		capability: null,
		permissions: [],
		plain_http: false,
		...question,
	};
}

/** A fresh database with everything that verification needs; its clock stops until a test advances it. */
export async function verificationFixture(): Promise<VerificationFixture> {
	const bare = await bareTestDatabase();
	const { database } = bare;
	const clock = new ManualClock(Date.now());
	const peppers = parsePeppers(TEST_PEPPER);
	const behind = new pg.Client({ connectionString: bare.superuserUrl });
	await behind.connect();
	const nodes: Node[] = [];
	let made = 0;

	const context: VerificationFixture["context"] = (node, overrides = {}) => ({
		actor: { kind: "operator", name: "operator token" },
		scope: ALL_TENANTS,
		request_id: newRequestId(),
		idempotency_key: null,
		clock,
		log: testLog,
		database,
		node,
		audit_keys: auditKeysFrom(peppers),
		peppers,
		key_brand: BRAND,
		...overrides,
	});

	async function plan(node: Node, plan_id: string, input: Partial<PlanInput> = {}): Promise<void> {
		await putPlan(context(node), { name: plan_id, capabilities: ["m2m_api", "documents"], ...input, plan_id });
	}

	return {
		clock,
		database,
		context,
		plan,
		async process(options = {}) {
			const own = options.database ?? database;
			const node = new Node({ database: own, clock, log: testLog, lease_seconds: LEASE_SECONDS, version: "test", single_node: false });
			const meter = new Meter({ clock });
			const windows = new WindowStore(clock);
			const { grants_max } = options;
			const grants = new Grants({
				database: options.grants_database ?? own,
				node,
				clock,
				meter,
				windows,
				...(grants_max === undefined ? {} : { grants_max }),
			});
			const ledger = new Ledger({ database: options.quota_database ?? own, clock, log: testLog });
			const failures = new AddressFailures({ clock, per_minute: options.failures_per_minute ?? 300 });
			const imported_formats = liveImportedFormats({ database: own, node, log: testLog });
			const exposures = new ExposureRecorder({ database: own, clock, log: testLog });
			const refusals = new RefusalRecorder({ addresses: true });
			const rekeyed: Process["rekeyed"] = [];
			const verifier = new Verifier({
				brand: BRAND,
				sources: new SourceMemo({ addresses: true, filterHeader: headerFilter() }),
				peppers: options.peppers ?? peppers,
				imported_formats,
				node,
				clock,
				log: testLog,
				grants,
				ledger,
				failures,
				meter,
				exposures,
				refusals,
				onRekeyDue: (grant, secret) => rekeyed.push({ grant, secret }),
			});
			await node.start();
			await imported_formats.current();
			nodes.push(node);
			const ask = async (raw_key: string, question?: Partial<Question>) => verifier.decide(newQuestion(raw_key, question));
			return { node, meter, windows, grants, ledger, failures, verifier, exposures, refusals, rekeyed, ask };
		},
		async behind(statement, values) {
			return (await behind.query<Record<string, unknown>>(statement, values)).rows;
		},
		async tenant(node, input = {}) {
			made += 1;
			const id = `tenant-${made}`;
			await plan(node, `plan-${id}`, input);
			await createTenant(context(node), { id, name: `Tenant ${made}`, plan_id: `plan-${id}` });
			return id;
		},
		async key(node, tenant_id, input = {}, overrides = {}) {
			made += 1;
			const wanted = { tenant_id, name: `prod-bot-${made}`, environment: "prod", owner: "Ada Lovelace", ...input } as const;
			const { key, raw_key } = await createKey(context(node, overrides), wanted);
			return { tenant_id, key_id: key.id, kid: parseRawKey(BRAND, raw_key)?.kid ?? "", raw_key };
		},
		async close() {
			for (const node of nodes) await node.stop();
			await behind.end();
			await bare.close();
		},
	};
}

/** The code of the denial, or `allowed`. */
export function getCode(decision: Decision): string {
	return decision.denial === null ? "allowed" : decision.denial.code;
}
