import assert from "node:assert/strict";
import pg from "pg";
import { verifyChain } from "../src/audit/verify.ts";
import { ManualClock } from "../src/core/clock.ts";
import { ApiError, type ErrorCode } from "../src/core/error.ts";
import { parsePeppers } from "../src/core/pepper.ts";
import type { HandoverContext } from "../src/keys/context.ts";
import type { CreateInput } from "../src/keys/schema.ts";
import { parseRawKey } from "../src/keys/secrets/format.ts";
import { secretMatches } from "../src/keys/secrets/mac.ts";
import { createMailer } from "../src/outbox/mail/mailer.ts";
import { putPlan } from "../src/plans/plans.ts";
import { LiveProfile } from "../src/plans/profile/live.ts";
import type { PlanInput } from "../src/plans/schema.ts";
import { createSite } from "../src/tenants/sites/sites.ts";
import { createTenant } from "../src/tenants/tenants.ts";
import { TEST_PEPPER, type TestDatabase, testDatabase } from "./audit.ts";
import { testLog } from "./database.ts";

export const PUBLIC_URL = "https://keys.example.com";

export interface KeysFixture {
	readonly db: TestDatabase;
	readonly clock: ManualClock;
	/** An operator's context unless overridden. */
	context(overrides?: Partial<HandoverContext>): HandoverContext;
	/** A tenant on its own plan: as given, by default with all built-in capabilities. */
	tenant(plan?: Partial<PlanInput>): Promise<string>;
	site(tenant_id: string, id: string, environment?: "prod" | "staging" | "dev"): Promise<void>;
	/** A viewer of the tenant, with this member id. */
	member(tenant_id: string, id: string): Promise<void>;
	/** Changes the plan of a tenant that `tenant` made. */
	replan(tenant_id: string, plan: Partial<PlanInput>): Promise<void>;
	/** Runs statements as a superuser. */
	behind(statement: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
	/** Records a use of the secret at the current time. */
	use(secret: { tenant_id: string; kid: string }): Promise<void>;
	/** Whether the raw key's secret is stored and has not ended. */
	isLive(raw_key: string): Promise<boolean>;
	/** Every row of every table as text, read without row-level security. */
	dump(): Promise<string>;
	/** The state of tenants' data, to detect changes: all rows except the nodes' bookkeeping. */
	state(): Promise<string>;
	close(): Promise<void>;
}

const BOOKKEEPING = new Set(["nodes", "migrations"]);

async function tablesAsText(url: string, except: ReadonlySet<string>): Promise<string> {
	const client = new pg.Client({ connectionString: url });
	await client.connect();
	try {
		const tables = await client.query<{ name: string }>("select tablename as name from pg_tables where schemaname = 'keywright' order by 1");
		let text = "";
		for (const { name } of tables.rows) {
			if (except.has(name)) continue;
			const rows = await client.query<{ row: string }>(`select t::text as row from keywright.${pg.escapeIdentifier(name)} t order by 1`);
			text += `${name}\n${rows.rows.map(({ row }) => row).join("\n")}\n`;
		}
		return text;
	} finally {
		await client.end();
	}
}

type StoredSecret = { key_id: string; tenant_id: string; mac: Buffer; mac_version: number; pepper_id: string };

/** Guarantee: called with a row of the table `secrets`. */
function storedSecret(row: Record<string, unknown>): StoredSecret {
	return row as StoredSecret;
}

/** A fresh database with everything that keys need; its clock stops until a test advances it. */
export async function keysFixture(): Promise<KeysFixture> {
	const clock = new ManualClock(Date.now());
	const db = await testDatabase({ clock });
	const profile = new LiveProfile({ database: db.database, node: db.node, log: testLog, public_url: PUBLIC_URL });
	const mailer = createMailer({ settings: null, product_name: () => profile.known.product_name, log: testLog });
	const context = (overrides: Partial<HandoverContext> = {}): HandoverContext => ({
		...db.context(overrides),
		caller: { kind: "operator" },
		peppers: parsePeppers(TEST_PEPPER),
		key_brand: "kw",
		profile,
		mailer,
		...overrides,
	});
	async function behind(statement: string, values?: unknown[]): Promise<Record<string, unknown>[]> {
		const client = new pg.Client({ connectionString: db.superuserUrl, options: "-c search_path=keywright" });
		await client.connect();
		try {
			return (await client.query<Record<string, unknown>>(statement, values)).rows;
		} finally {
			await client.end();
		}
	}
	let made = 0;
	async function plan(plan_id: string, input: Partial<PlanInput>): Promise<void> {
		await putPlan(context(), { name: plan_id, capabilities: ["m2m_api", "documents"], ...input, plan_id });
	}
	return {
		db,
		clock,
		context,
		async tenant(input = {}) {
			made += 1;
			const id = `tenant-${made}`;
			await plan(`plan-${id}`, input);
			await createTenant(context(), { id, name: `Tenant ${made}`, plan_id: `plan-${id}` });
			return id;
		},
		async site(tenant_id, id, environment) {
			await createSite(context(), { tenant_id, id, name: `Site ${id}`, ...(environment ? { environment } : {}) });
		},
		behind,
		async member(tenant_id, id) {
			await behind("insert into people (id, name, email) values ($1, $1, $1 || '@example.com')", [`per_${id}`]);
			await behind("insert into members (tenant_id, id, person_id, role) values ($1, $2, $3, 'viewer')", [tenant_id, id, `per_${id}`]);
		},
		async use({ tenant_id, kid }) {
			const now = new Date(clock.now());
			await behind("insert into secret_activity (kid, tenant_id, first_used_at, last_used_at) values ($1, $2, $3, $3)", [kid, tenant_id, now]);
		},
		async isLive(raw_key) {
			const parsed = parseRawKey("kw", raw_key);
			assert(parsed, "it is no raw key");
			const [row] = await behind("select key_id, tenant_id, mac, mac_version, pepper_id, retired_at from secrets where kid = $1", [parsed.kid]);
			if (!row || row.retired_at !== null) return false;
			const { key_id, tenant_id, ...stored } = storedSecret(row);
			const { kid, environment, secret } = parsed;
			return secretMatches(parsePeppers(TEST_PEPPER), { key_id, tenant_id, kid, environment }, secret, stored);
		},
		replan: (tenant_id, input) => plan(`plan-${tenant_id}`, input),
		dump: () => tablesAsText(db.superuserUrl, new Set()),
		state: () => tablesAsText(db.superuserUrl, BOOKKEEPING),
		close: () => db.close(),
	};
}

/** Valid input for a key, apart from the overrides. */
export function keyInput(tenant_id: string, overrides: Partial<CreateInput> = {}): CreateInput & { tenant_id: string } {
	return { tenant_id, name: "prod-order-bot", environment: "prod", owner: "Ada Lovelace", ...overrides };
}

/** Asserts that `run` is refused with `code` and changes nothing in the database; returns the error. */
export async function refused(fixture: KeysFixture, code: ErrorCode, run: () => Promise<unknown>): Promise<ApiError> {
	const before = await fixture.state();
	const failure = await run().then(
		() => assert.fail(`was not refused with ${code}`),
		(error: unknown) => error,
	);
	assert(failure instanceof ApiError, `threw ${String(failure)}`);
	assert.equal(failure.code, code, failure.message);
	assert.equal(await fixture.state(), before, "a refusal changed something");
	return failure;
}

/** The pointers of an error's `errors`. */
export function getPointers(failure: ApiError): string[] {
	return (failure.metadata.errors ?? []).map((error) => error.pointer);
}

/** The actions in the tenant's audit chain, whose integrity it verifies first. */
export async function auditActions(fixture: KeysFixture, tenant_id: string): Promise<string[]> {
	const finding = await verifyChain(fixture.context(), tenant_id);
	assert.equal(finding.intact, true, JSON.stringify(finding));
	const client = new pg.Client({ connectionString: fixture.db.superuserUrl });
	await client.connect();
	const rows = await client.query<{ action: string }>("select action from keywright.audit_entries where chain = $1 order by seq", [tenant_id]);
	await client.end();
	return rows.rows.map((row) => row.action);
}
