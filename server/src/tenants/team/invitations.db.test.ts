import { deepEqual, doesNotMatch, equal, match, ok, rejects } from "node:assert/strict";
import { after, before, test } from "node:test";
import { testLog } from "../../../testing/database.ts";
import { mailTrap } from "../../../testing/mail-trap.ts";
import { PUBLIC_URL, type TeamFixture, teamFixture } from "../../../testing/team.ts";
import { ApiError, type ErrorCode } from "../../core/error.ts";
import { digestOneTimeToken } from "../../core/one-time-token.ts";
import { createMailer } from "../../outbox/mail/mailer.ts";
import { updateTenant } from "../tenants.ts";
import { cancelInvitation, listInvitations } from "./invitations.ts";
import { invite } from "./invite.ts";

const HOUR_MS = 3_600_000;

let team: TeamFixture;
before(async () => {
	team = await teamFixture();
});
after(() => team.close());

function refusedWith(code: ErrorCode) {
	return (error: unknown) => error instanceof ApiError && error.code === code;
}

function getToken(url: string): string {
	return url.slice(url.indexOf("#") + 1);
}

async function statuses(tenant_id: string): Promise<Record<string, string>> {
	const { data } = await listInvitations(team.context(tenant_id), { tenant_id, limit: 200 });
	return Object.fromEntries(data.map(({ id, status }) => [id, status]));
}

test("an invitation has one link in the response and another in the mail; the database has their digests only", async () => {
	const tenant_id = await team.tenant();
	const owner = await team.member(tenant_id, "owner");
	team.mails.length = 0;
	const made = await invite(team.context(tenant_id, owner), { tenant_id, email: "New.Person@Example.com", role: "admin" });
	const { invitation, url, mailed } = made;
	ok(mailed);
	match(url, new RegExp(`^${PUBLIC_URL}/join#kwi_[0-9A-Za-z_-]{43}$`));
	deepEqual(
		[invitation.email, invitation.role, invitation.status, invitation.created_by],
		["new.person@example.com", "admin", "waiting", { name: owner.name }],
	);
	equal(Date.parse(invitation.expires_at) - Date.parse(invitation.created_at), 7 * 24 * HOUR_MS);
	deepEqual((await listInvitations(team.context(tenant_id, owner), { tenant_id })).data, [invitation]);

	const [mail] = team.mails;
	equal(team.mails.length, 1);
	equal(mail?.to, "new.person@example.com");
	match(mail?.subject ?? "", new RegExp(`^${owner.name} invites you to Tenant \\d+ at Keywright$`));
	const mailed_url = /\n(https:\S+)\n/.exec(mail?.text ?? "")?.[1] ?? "";
	match(mail?.text ?? "", /as an admin/);

	const [token, mailed_token] = [getToken(url), getToken(mailed_url)];
	ok(mailed_token !== token, "the link in the response is not the one that verifies the address");
	const stored = await team.superuser.query("select token_digest, mail_token_digest, link_proves from invitations where id = $1", [invitation.id]);
	deepEqual(stored.rows, [
		{ token_digest: digestOneTimeToken("kwi", token), mail_token_digest: digestOneTimeToken("kwi", mailed_token), link_proves: false },
	]);
	const tables = await team.superuser.query<{ name: string }>("select tablename as name from pg_tables where schemaname = 'keywright'");
	for (const { name } of tables.rows) {
		const rows = await team.superuser.query<{ row: string }>(`select t::text as row from ${name} t`);
		for (const { row } of rows.rows)
			for (const secret of [token, mailed_token]) ok(!row.includes(secret) && !row.includes(Buffer.from(secret).toString("hex")), name);
	}
});

test("without an address nothing is mailed, and a failing mail does not fail the invitation", async () => {
	const tenant_id = await team.tenant();
	team.mails.length = 0;
	equal((await invite(team.context(tenant_id), { tenant_id, role: "viewer" })).mailed, false);
	deepEqual(team.mails, []);
	const mailer = createMailer({ settings: { smtp_url: "smtp://127.0.0.1:1", from: "no-reply@example.com" }, product_name: () => "K", log: testLog });
	const made = await invite(team.context(tenant_id, undefined, { mailer }), { tenant_id, role: "viewer", email: "a@example.com" });
	deepEqual([made.mailed, made.invitation.status], [false, "waiting"]);
});

test("through a real mail server, hostile names of people and tenants stay within their line", async (t) => {
	const trap = await mailTrap();
	t.after(() => trap.close());
	const settings = { smtp_url: `smtp://127.0.0.1:${trap.port}`, from: "no-reply@example.com" };
	const mailer = createMailer({ settings, product_name: () => "Acme API", log: testLog });
	const tenant_id = await team.tenant();
	const owner = { ...(await team.member(tenant_id, "owner")), name: "Prize!\r\nBcc: victim@example.com\r\n\r\nhttps://evil.example/x" };
	await updateTenant(team.db.context(), { tenant_id, name: "www.evil.example <script>" });
	const { url, mailed } = await invite(team.context(tenant_id, owner, { mailer }), { tenant_id, role: "owner", email: "a@example.com" });
	ok(mailed);
	const [mail] = trap.mails;
	deepEqual([mail?.to, mail?.headers.has("bcc"), mail?.headers.get("from")], [["a@example.com"], false, "Acme API <no-reply@example.com>"]);
	const [link, ...more] = mail?.text.match(/\S*:\/\/\S*/g) ?? [];
	deepEqual([link?.split("#")[0], more], [url.split("#")[0], []]);
	doesNotMatch(mail?.text ?? "", /evil\.example|<script>|@/);
	equal(
		mail?.text.split("\n")[2],
		"Prize! Bcc victim example. com https evil. example x invites you to join www. evil. example script at Keywright as an owner.",
	);
});

test("the operator invites in the name of the product", async () => {
	const tenant_id = await team.tenant();
	team.mails.length = 0;
	const { invitation } = await invite(team.context(tenant_id), { tenant_id, role: "owner", email: "first@example.com", expires_in_seconds: 3_600 });
	deepEqual(invitation.created_by, { name: "Keywright" });
	match(team.mails[0]?.text ?? "", /^Hello,\n\nYou are invited to join Tenant \d+ at Keywright as an owner\./);
});

test("a second invitation to an address replaces the first; a member is not invited", async () => {
	const tenant_id = await team.tenant();
	const owner = await team.member(tenant_id, "owner");
	const context = team.context(tenant_id, owner);
	const first = await invite(context, { tenant_id, role: "viewer", email: "a@example.com" });
	const open = await invite(context, { tenant_id, role: "viewer" });
	const second = await invite(context, { tenant_id, role: "admin", email: "A@example.COM" });
	const another = await invite(context, { tenant_id, role: "viewer" });
	deepEqual(await statuses(tenant_id), {
		[first.invitation.id]: "cancelled",
		[open.invitation.id]: "waiting",
		[second.invitation.id]: "waiting",
		[another.invitation.id]: "waiting",
	});
	await rejects(invite(context, { tenant_id, role: "viewer", email: owner.email.toUpperCase() }), refusedWith("conflict"));
	const racing = await Promise.all(Array.from({ length: 6 }, () => invite(context, { tenant_id, role: "viewer", email: "b@example.com" })));
	const waiting = await statuses(tenant_id);
	equal(racing.filter(({ invitation }) => waiting[invitation.id] === "waiting").length, 1);
});

test("an invitation expires, is cancelled once, and cannot be cancelled once it is accepted", async () => {
	const tenant_id = await team.tenant();
	const context = team.context(tenant_id);
	const make = async () => (await invite(context, { tenant_id, role: "viewer", expires_in_seconds: 3_600 })).invitation.id;
	const [expired, cancelled, accepted] = [await make(), await make(), await make()];
	await team.superuser.query("update invitations set accepted_at = now() where id = $1", [accepted]);
	await cancelInvitation(context, { tenant_id, invitation_id: cancelled });
	await cancelInvitation(context, { tenant_id, invitation_id: cancelled });
	team.clock.advance(HOUR_MS);
	await cancelInvitation(context, { tenant_id, invitation_id: expired });
	await rejects(cancelInvitation(context, { tenant_id, invitation_id: accepted }), refusedWith("conflict"));
	await rejects(cancelInvitation(context, { tenant_id, invitation_id: "inv_nobody" }), refusedWith("not_found"));
	const elsewhere = await team.tenant();
	await rejects(cancelInvitation(team.context(elsewhere), { tenant_id: elsewhere, invitation_id: expired }), refusedWith("not_found"));
	deepEqual(await statuses(tenant_id), { [expired]: "expired", [cancelled]: "cancelled", [accepted]: "accepted" });
	const actions = await team.superuser.query("select action from audit_entries where chain = $1 order by seq offset 1", [tenant_id]);
	deepEqual(
		actions.rows.map(({ action }) => action),
		["invitation.created", "invitation.created", "invitation.created", "invitation.cancelled"],
	);
});

test("a repeat with the same Idempotency-Key creates no second link", async () => {
	const tenant_id = await team.tenant();
	const context = team.context(tenant_id, undefined, { idempotency_key: "once" });
	const input = { tenant_id, role: "viewer", email: "a@example.com" } as const;
	const { invitation } = await invite(context, input);
	await rejects(
		invite(context, input),
		(error) => error instanceof ApiError && error.code === "secret_already_issued" && error.metadata.members?.invitation_id === invitation.id,
	);
	await rejects(invite(context, { ...input, role: "owner" }), refusedWith("idempotency_mismatch"));
	deepEqual(await statuses(tenant_id), { [invitation.id]: "waiting" });
});

test("at most 100 invitations are pending, also under concurrency, and at most 200 are created in 24 hours", async () => {
	const tenant_id = await team.tenant();
	const context = team.context(tenant_id);
	const fill = (count: number, state: "waiting" | "cancelled") =>
		team.superuser.query(
			`insert into invitations (tenant_id, id, role, token_digest, created_at, created_by, expires_at, cancelled_at)
			select $1, $1 || $5::text || n, 'viewer', sha256(($1 || $5::text || n)::bytea), $3, '{"kind": "operator", "name": "K"}', $4, case when $5 = 'cancelled' then $3::timestamptz end
			from generate_series(1, $2::int) n`,
			[tenant_id, count, new Date(team.clock.now()), new Date(team.clock.now() + 48 * HOUR_MS), state],
		);
	await fill(97, "waiting");
	const made = await Promise.allSettled(Array.from({ length: 6 }, () => invite(context, { tenant_id, role: "viewer" })));
	equal(made.filter(({ status }) => status === "fulfilled").length, 3);
	for (const answer of made) if (answer.status === "rejected") ok(refusedWith("conflict")(answer.reason), String(answer.reason));
	await team.superuser.query("update invitations set cancelled_at = now() where tenant_id = $1", [tenant_id]);
	await fill(100, "cancelled");
	await rejects(invite(context, { tenant_id, role: "viewer" }), (error) => {
		ok(error instanceof ApiError && error.code === "rate_limited");
		equal(error.metadata.retry_after_seconds, 24 * 3_600);
		return true;
	});
	team.clock.advance(25 * HOUR_MS);
	await invite(context, { tenant_id, role: "viewer" });
	team.clock.advance(90 * 24 * HOUR_MS);
	await invite(context, { tenant_id, role: "viewer" });
	equal(Object.keys(await statuses(tenant_id)).length, 2, "what is older than 90 days is gone");
});

test("inviting to a suspended or unknown tenant is refused", async () => {
	const tenant_id = await team.tenant();
	const { invitation } = await invite(team.context(tenant_id), { tenant_id, role: "viewer" });
	await updateTenant(team.db.context(), { tenant_id, status: "suspended" });
	await rejects(invite(team.context(tenant_id), { tenant_id, role: "viewer" }), refusedWith("tenant_suspended"));
	await cancelInvitation(team.context(tenant_id), { tenant_id, invitation_id: invitation.id });
	await rejects(invite(team.context("nobody"), { tenant_id: "nobody", role: "viewer" }), refusedWith("not_found"));
});
