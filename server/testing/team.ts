import pg from "pg";
import type { Caller, Role } from "../src/core/caller.ts";
import { ManualClock } from "../src/core/clock.ts";
import type { Actor } from "../src/core/context.ts";
import type { Mailer } from "../src/outbox/mail/mailer.ts";
import type { Mail } from "../src/outbox/mail/mails.ts";
import { putPlan } from "../src/plans/plans.ts";
import { LiveProfile } from "../src/plans/profile/live.ts";
import { invitationEnder } from "../src/tenants/team/ender.ts";
import type { InviteContext } from "../src/tenants/team/invite.ts";
import { createTenant } from "../src/tenants/tenants.ts";
import { type TestDatabase, testDatabase } from "./audit.ts";
import { testLog } from "./database.ts";

export const PUBLIC_URL = "https://keys.example.com";

export type MemberCaller = Extract<Caller, { kind: "member" }>;

export interface TeamFixture {
	readonly db: TestDatabase;
	readonly clock: ManualClock;
	readonly superuser: pg.Client;
	readonly mails: Mail[];
	tenant(): Promise<string>;
	/** A member of the tenant, as the caller of a session; with `person_id` for an existing account. */
	member(tenant_id: string, role: Role, person_id?: string): Promise<MemberCaller>;
	/** As the gate creates it: a member's scope is their tenant, the operator's is all tenants. */
	context(tenant_id: string, caller?: Caller, overrides?: Partial<InviteContext>): InviteContext;
	close(): Promise<void>;
}

function getActor(caller: Caller): Actor {
	if (caller.kind === "member") return { kind: "member", id: caller.member_id, name: caller.name, email: caller.email };
	if (caller.kind === "portal") return { kind: "portal", id: caller.id, name: caller.name, email: caller.email };
	return { kind: "operator", name: "operator token" };
}

/** A fresh database with tenants and people; its clock stops until a test advances it, and `mails` collects mails instead of sending them. */
export async function teamFixture(): Promise<TeamFixture> {
	const clock = new ManualClock(Date.now());
	const db = await testDatabase({ clock });
	const superuser = new pg.Client({ connectionString: db.superuserUrl });
	await superuser.connect();
	await superuser.query("set search_path = keywright");
	const profile = new LiveProfile({ database: db.database, node: db.node, log: testLog, public_url: PUBLIC_URL });
	await putPlan(db.context(), { plan_id: "plan", name: "Plan", capabilities: ["m2m_api"] });
	const mails: Mail[] = [];
	const mailer: Mailer = { enabled: true, send: async (mail) => mails.push(mail) > 0 };
	let made = 0;
	return {
		db,
		clock,
		superuser,
		mails,
		async tenant() {
			made += 1;
			return (await createTenant(db.context(), { name: `Tenant ${made}`, plan_id: "plan" })).id;
		},
		async member(tenant_id, role, person_id) {
			made += 1;
			const person = { person_id: person_id ?? `per_${made}`, name: `Person ${made}`, email: `person-${made}@example.com` };
			if (person_id === undefined) await superuser.query("insert into people (id, name, email) values ($1, $2, $3)", Object.values(person));
			const joined_at = new Date(clock.now() + made).toISOString();
			await superuser.query("insert into members (tenant_id, id, person_id, role, joined_at) values ($1, $2, $3, $4, $5)", [
				tenant_id,
				`mem_${made}`,
				person.person_id,
				role,
				joined_at,
			]);
			return { kind: "member", ...person, member_id: `mem_${made}`, role };
		},
		context: (tenant_id, caller = { kind: "operator" }, overrides = {}) => ({
			...db.context({ scope: caller.kind === "operator" ? "*" : tenant_id, actor: getActor(caller) }),
			caller,
			profile,
			mailer,
			enders: [invitationEnder],
			...overrides,
		}),
		async close() {
			await superuser.end();
			await db.close();
		},
	};
}
