import { deepEqual, doesNotMatch, equal, match, ok, rejects } from "node:assert/strict";
import { after, afterEach, before, beforeEach, suite, test } from "node:test";
import { testLog } from "../../../testing/database.ts";
import { acmeKey, declareAcme, INTO_ACME, importRow } from "../../../testing/imported-keys.ts";
import { type KeysFixture, keysFixture } from "../../../testing/keys.ts";
import { type MailTrap, mailTrap, type ReceivedMail } from "../../../testing/mail-trap.ts";
import { TestBrowser } from "../../../testing/people.ts";
import { readRotationDue } from "../../alerts/facts/keys-store.ts";
import { summarize } from "../../alerts/summary.ts";
import { ALL_TENANTS } from "../../core/context.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../core/time.ts";
import { read } from "../../database/transaction.ts";
import { createMailer, type Mailer } from "../../outbox/mail/mailer.ts";
import type { RecipientContext } from "../context.ts";
import { createKey } from "../create.ts";
import { cancelHandover } from "../handovers/cancel.ts";
import { revealKey } from "../handovers/reveal.ts";
import { importKeys } from "../imported/import.ts";
import { pauseKey, resumeKey } from "../pause.ts";
import { revokeKey } from "../revocation/revoke.ts";
import { completeRotations } from "../rotations/end-due.ts";
import type { CreateInput } from "../schema.ts";
import { updateKeySettings } from "../update.ts";
import { RotationSchedule, type ScheduleContext } from "./run.ts";

suite("scheduled rotation", () => {
	let fixture: KeysFixture;
	let trap: MailTrap;
	let mailer: Mailer;
	let tenant_id: string;
	let refusal = false;
	let made = 0;

	before(async () => {
		fixture = await keysFixture();
		trap = await mailTrap({
			onRcptTo: (_address, _session, callback) => callback(refusal ? Object.assign(new Error("not now"), { responseCode: 451 }) : null),
		});
		const settings = { smtp_url: `smtp://127.0.0.1:${trap.port}`, from: "keys@shop.example" };
		mailer = createMailer({ settings, product_name: () => "Orderly", log: testLog });
	});
	beforeEach(async () => {
		tenant_id = await fixture.tenant();
	});
	afterEach(async () => {
		trap.mails.length = 0;
		refusal = false;
		await fixture.behind("update keys set auto_rotate = null");
	});
	after(async () => {
		await trap.close();
		await fixture.close();
	});

	const system = (over: Partial<ScheduleContext> = {}): ScheduleContext =>
		fixture.context({ actor: { kind: "system", name: "rotation schedule" }, scope: ALL_TENANTS, mailer, ...over });
	const node = (over: Partial<ScheduleContext> = {}) =>
		new RotationSchedule({ makeContext: () => system(over), now: () => new Date(fixture.clock.now()) });

	/** A member whose address is proven. */
	async function member(): Promise<string> {
		made += 1;
		const id = `mem_${made}`;
		await fixture.member(tenant_id, id);
		await fixture.behind("update people set email_verified = true where id = $1", [`per_${id}`]);
		return id;
	}
	const addressOf = (member_id: string) => `per_${member_id}@example.com`;
	async function keyOf(member_id: string, input: Partial<CreateInput> = {}): Promise<string> {
		const owner = { name: "Olivia", member_id };
		const wanted = { tenant_id, name: "prod-order-bot", environment: "prod", owner, rotate_every_days: 30, auto_rotate: "handover" } as const;
		return (await createKey(fixture.context(), { ...wanted, ...input })).key.id;
	}
	async function dueKey(): Promise<{ key_id: string; member_id: string }> {
		const member_id = await member();
		const key_id = await keyOf(member_id);
		fixture.clock.advance(30 * DAY_MS + SECOND_MS);
		return { key_id, member_id };
	}
	const mailsTo = (member_id: string): ReceivedMail[] => trap.mails.filter(({ to }) => to.includes(addressOf(member_id)));
	const tokenIn = (mail: ReceivedMail | undefined) => /\/reveal#(kwh_\S+)/.exec(mail?.text ?? "")?.[1] ?? "";
	const recipient = (): RecipientContext => ({
		...fixture.context({ scope: "", actor: { kind: "system", name: "public" } }),
		anonymous: new TestBrowser("198.51.100.7"),
	});
	const reveal = (token: string) => revealKey(recipient(), { token, name: "Olivia" });
	const rotations = async (key_id: string) =>
		(await fixture.behind("select state, ended_how from rotations where key_id = $1 order by started_at, id", [key_id])).map((row) =>
			[row.state, row.ended_how ?? ""].join(" ").trim(),
		);
	const alert = async (key_id: string) => {
		const found = await read({ database: fixture.db.database, scope: ALL_TENANTS }, (tx) => readRotationDue(tx, new Date(fixture.clock.now()), 7));
		const fact = found.find((each) => each.key_id === key_id);
		return fact ? summarize(fact) : null;
	};

	test("a key that is due is one rotation and one mail to its responsible person, also from two nodes; the link reveals the new key once", async () => {
		const { key_id, member_id } = await dueKey();
		deepEqual((await Promise.all([node().run(), node().run()])).sort(), [0, 1]);
		await node().run();
		const [mail, ...more] = mailsTo(member_id);
		equal(more.length, 0);
		match(mail?.headers.get("subject") ?? "", /prod-order-bot is due to be replaced/);
		deepEqual(await rotations(key_id), ["waiting"]);
		const [started] = await fixture.behind("select started_by->>'kind' as kind, started_by->>'name' as name from rotations where key_id = $1", [
			key_id,
		]);
		deepEqual(started, { kind: "system", name: "rotation schedule" });
		const token = tokenIn(mail);
		ok(token !== "");
		const dump = await fixture.dump();
		ok(!dump.includes(token) && !dump.includes("/reveal#"), "the link is stored nowhere");
		equal(await alert(key_id), null, "what is under way is no alert");
		const revealed = await reveal(token);
		ok(await fixture.isLive(revealed.raw_key));
		deepEqual(await rotations(key_id), ["open"]);
		await rejects(reveal(token), { code: "secret_already_issued" });
		await node().run();
		equal(trap.mails.length, 1);
		const [{ due } = {}] = await fixture.behind("select rotation_due_at > now() + interval '25 days' as due from keys where id = $1", [key_id]);
		ok(due, "the next date is a period from now");
	});

	test("a scheduled rotation never moves an end that a person set, and renews one that the plan set", async () => {
		const ends_at = async (key_id: string) => {
			const [row] = await fixture.behind("select expires_at, expiry_from from keys where id = $1", [key_id]);
			return [row?.expires_at instanceof Date && row.expires_at.getTime(), row?.expiry_from];
		};
		const by_person = fixture.clock.now() + 60 * DAY_MS;
		const responsible = await member();
		const dated = await keyOf(responsible, { expires_at: new Date(by_person).toISOString() });
		const renewed = await keyOf(responsible, { expires_at: new Date(by_person).toISOString() });
		await fixture.behind("update keys set expiry_from = 'plan' where id = $1", [renewed]);
		fixture.clock.advance(30 * DAY_MS + SECOND_MS);
		await node().run();
		for (const mail of mailsTo(responsible)) await reveal(tokenIn(mail));
		deepEqual([await rotations(dated), await rotations(renewed)], [["open"], ["open"]]);
		deepEqual(await ends_at(dated), [by_person, "person"]);
		const [end = 0, from] = await ends_at(renewed);
		ok(Number(end) > by_person && from === "plan", `${end} ${from}`);
	});

	test("a link that is not used expires with its rotation: one alert, the old key works, and no second mail for this date", async () => {
		const { key_id, member_id } = await dueKey();
		await node().run();
		fixture.clock.advance(7 * DAY_MS + SECOND_MS);
		await completeRotations(system());
		deepEqual(await rotations(key_id), ["cancelled handover_over"]);
		match((await alert(key_id)) ?? "", /^prod-order-bot was to be replaced on \d{1,2} \w+ \d{4}, but the link for it expired unused$/);
		await rejects(reveal(tokenIn(mailsTo(member_id)[0])), { code: "conflict" });
		for (let day = 0; day < 10; day += 1) {
			fixture.clock.advance(DAY_MS);
			await node().run();
		}
		equal(mailsTo(member_id).length, 1);
		const [secret] = await fixture.behind("select retired_at, retires_at from secrets where key_id = $1", [key_id]);
		deepEqual(secret, { retired_at: null, retires_at: null });
	});

	test("a mail that is not accepted cancels the rotation and is tried again with growing pauses, six times at most, while an alert says so", async () => {
		const { key_id, member_id } = await dueKey();
		refusal = true;
		await node().run();
		deepEqual(await rotations(key_id), ["cancelled not_mailed"]);
		match((await alert(key_id)) ?? "", /no mail server accepted the link/);
		const events = await fixture.behind("select data->>'how' as how from outbox where tenant_id = $1 and type = 'rotation.cancelled'", [tenant_id]);
		deepEqual(events, [{ how: "not_mailed" }]);
		await node().run();
		equal((await rotations(key_id)).length, 1, "not before the pause is over");
		refusal = false;
		fixture.clock.advance(5 * MINUTE_MS);
		await node().run();
		deepEqual(await rotations(key_id), ["cancelled not_mailed", "waiting"]);
		equal(mailsTo(member_id).length, 1);
		equal(await alert(key_id), null);

		const other = await dueKey();
		refusal = true;
		for (const hours of [0, 0.1, 0.5, 2, 6, 12, 24, 48, 96]) {
			fixture.clock.advance(hours * HOUR_MS);
			await node().run();
		}
		equal((await rotations(other.key_id)).length, 7);
		match((await alert(other.key_id)) ?? "", /no mail server accepted the link/);
	});

	test("a node that dies between commit and mail, or between mail and its note, leaves no link that works beside another", async () => {
		const { key_id, member_id } = await dueKey();
		const dies = { ...mailer, send: () => Promise.reject(new Error("the process was killed")) };
		await rejects(node({ mailer: dies }).run(), /killed/);
		deepEqual(await rotations(key_id), ["waiting"]);
		await node().run();
		equal(trap.mails.length, 0, "its outcome may still be stored");
		fixture.clock.advance(5 * MINUTE_MS);
		await node().run();
		fixture.clock.advance(5 * MINUTE_MS);
		await node().run();
		deepEqual(await rotations(key_id), ["cancelled not_mailed", "waiting"]);
		equal(mailsTo(member_id).length, 1);

		const late = await dueKey();
		const diesAfter: Mailer = {
			enabled: true,
			async send(mail) {
				await mailer.send(mail);
				throw new Error("the process was killed");
			},
		};
		await rejects(node({ mailer: diesAfter }).run(), /killed/);
		fixture.clock.advance(5 * MINUTE_MS);
		await node().run();
		fixture.clock.advance(5 * MINUTE_MS);
		await node().run();
		const [first, second] = mailsTo(late.member_id);
		await rejects(reveal(tokenIn(first)), { code: "conflict" }, "the link of an unknown outcome is void");
		ok(await fixture.isLive((await reveal(tokenIn(second))).raw_key));
	});

	test("a link that was claimed before its mail's outcome was stored stays claimed, and no other is sent", async () => {
		const { key_id, member_id } = await dueKey();
		const diesAfter: Mailer = {
			enabled: true,
			async send(mail) {
				await mailer.send(mail);
				throw new Error("the process was killed");
			},
		};
		await rejects(node({ mailer: diesAfter }).run(), /killed/);
		await reveal(tokenIn(mailsTo(member_id)[0]));
		fixture.clock.advance(HOUR_MS);
		await node().run();
		await node().run();
		deepEqual(await rotations(key_id), ["open"]);
		equal(trap.mails.length, 1);
	});

	test("who was removed, has another address or is not responsible any more cannot claim the link, and the next responsible person gets one", async () => {
		const unlike = {
			removed: (member_id: string) => fixture.behind("delete from members where id = $1", [member_id]),
			"with another address": (member_id: string) =>
				fixture.behind("update people set email = 'new@example.com' where id = $1", [`per_${member_id}`]),
			"with an address that is not proven any more": (member_id: string) =>
				fixture.behind("update people set email_verified = false where id = $1", [`per_${member_id}`]),
		};
		for (const [what, change] of Object.entries(unlike)) {
			const { key_id, member_id } = await dueKey();
			await node().run();
			const token = tokenIn(mailsTo(member_id)[0]);
			await change(member_id);
			await rejects(reveal(token), { code: "conflict" }, what);
			await node({ mailer: { ...mailer, enabled: false } }).run();
			deepEqual(await rotations(key_id), ["cancelled recipient_gone"], what);
			match((await alert(key_id)) ?? "", /the recipient of the link may not use it any more/);
			await fixture.behind("update people set email = null where id = $1", [`per_${member_id}`]);
		}
		const { key_id, member_id } = await dueKey();
		await node().run();
		const next = await member();
		await updateKeySettings(fixture.context(), { tenant_id, key_id, owner: { name: "Priya", member_id: next } });
		await rejects(reveal(tokenIn(mailsTo(member_id)[0])), { code: "conflict" });
		await node().run();
		equal(mailsTo(next).length, 1);
		ok(await fixture.isLive((await reveal(tokenIn(mailsTo(next)[0]))).raw_key));
	});

	test("nothing begins for paused, revoked and expired keys, in a suspended tenant, without a reachable person or a mail server", async () => {
		const paused = await dueKey();
		await pauseKey(fixture.context(), { tenant_id, key_id: paused.key_id });
		const revoked = await dueKey();
		await revokeKey(fixture.context(), { tenant_id, key_id: revoked.key_id, reason: "other" });
		const orphan = await dueKey();
		await fixture.behind("delete from members where id = $1", [orphan.member_id]);
		const expired = await keyOf(await member(), { expires_at: new Date(fixture.clock.now() + DAY_MS).toISOString(), rotate_every_days: 1 });
		fixture.clock.advance(DAY_MS + SECOND_MS);
		equal(await node().run(), 0);
		const keys = [paused.key_id, revoked.key_id, orphan.key_id, expired];
		deepEqual(await Promise.all(keys.map(rotations)), [[], [], [], []]);
		match((await alert(orphan.key_id)) ?? "", /^prod-order-bot is to be replaced by \d{1,2} \w+ \d{4}$/, "people are reminded");
		await resumeKey(fixture.context(), { tenant_id, key_id: paused.key_id });
		equal(await node({ mailer: { ...mailer, enabled: false } }).run(), 0);
		await fixture.behind("update tenants set status = 'suspended' where id = $1", [tenant_id]);
		equal(await node().run(), 0);
		await fixture.behind("update tenants set status = 'active' where id = $1", [tenant_id]);
		equal(await node().run(), 1);
	});

	test("a person who cancels the link ends the matter for this date, and one who began a rotation is not disturbed", async () => {
		const { key_id, member_id } = await dueKey();
		await node().run();
		const [{ handover_id = "" } = {}] = await fixture.behind("select handover_id from rotations where key_id = $1", [key_id]);
		await cancelHandover(fixture.context(), { tenant_id, key_id, handover_id: String(handover_id) });
		fixture.clock.advance(DAY_MS);
		await node().run();
		equal(mailsTo(member_id).length, 1);
		match((await alert(key_id)) ?? "", /but its replacement was cancelled$/);
	});

	test("a key that cannot be replaced is left for an hour and does not hold up the others", async () => {
		const stuck = await dueKey();
		await fixture.behind("update secrets set retired_at = now() where key_id = $1", [stuck.key_id]);
		const other = await keyOf(await member());
		await fixture.behind("update keys set rotation_due_at = rotation_due_at - interval '30 days' where id = $1", [other]);
		equal(await node().run(), 1);
		deepEqual([await rotations(stuck.key_id), await rotations(other)], [[], ["waiting"]]);
		match((await alert(stuck.key_id)) ?? "", /its replacement could not begin/);
		const [row] = await fixture.behind("select reason, attempts from scheduled_rotations where key_id = $1", [stuck.key_id]);
		deepEqual(row, { reason: "refused", attempts: 0 });
	});

	test("a schedule that could never run is refused with the reason", async () => {
		const member_id = await member();
		const fault = async (input: Partial<CreateInput>) => {
			const error = await keyOf(member_id, input).catch((thrown) => thrown);
			return error.metadata?.errors?.map(({ pointer, detail }: { pointer: string; detail: string }) => `${pointer} ${detail.split(":")[0]}`);
		};
		deepEqual(await fault({ rotate_every_days: null }), ["/auto_rotate needs `rotate_every_days`, without which the key is never due"]);
		deepEqual(await fault({ environment: "dev", rotate_every_days: null, auto_rotate: "self" }), [
			"/auto_rotate needs `rotate_every_days`, without which the key is never due",
		]);
		for (const owner of ["Olivia", { name: "Olivia", email: "olivia@shop.example" }])
			match(
				(await fault({ owner }))?.join() ?? "",
				/^\/auto_rotate handover needs a responsible person who is a member with a proven e-mail address$/,
			);
		await fixture.behind("update people set email_verified = false where id = $1", [`per_${member_id}`]);
		match((await fault({}))?.join() ?? "", /proven/);
		const key_id = await keyOf(member_id, { owner: "Olivia", auto_rotate: "self" });
		const update = (input: Parameters<typeof updateKeySettings>[1] extends infer T ? Omit<T & object, "tenant_id" | "key_id"> : never) =>
			updateKeySettings(fixture.context(), { tenant_id, key_id, ...input });
		await rejects(update({ rotate_every_days: null }), { code: "invalid_request" });
		await rejects(update({ auto_rotate: "handover" }), { code: "invalid_request" });
		equal((await update({ rotate_every_days: null, auto_rotate: null })).auto_rotate, null);
		const [entry] = await fixture.behind(
			"select details->'before' as before, details->'after' as after from audit_entries where action = 'key.updated' and target_id = $1",
			[key_id],
		);
		match(JSON.stringify(entry), /"before":\{[^}]*"auto_rotate":"self"/);
	});

	test("an imported key that is given a schedule is replaced by a key made here; the old one works until the switch ends", async () => {
		await declareAcme(fixture.context());
		const [early, late] = [await member(), await member()];
		const period = { owner: { name: "Olivia", member_id: early }, rotate_every_days: 30 } as const;
		const [first, second, plain] = await importKeys(
			fixture.context(),
			[importRow(acmeKey(), tenant_id, period), importRow(acmeKey(), tenant_id), importRow(acmeKey(), tenant_id)],
			INTO_ACME,
		);
		const ids = [first?.key?.id ?? "", second?.key?.id ?? ""] as const;
		await updateKeySettings(fixture.context(), { tenant_id, key_id: ids[0], auto_rotate: "handover" });
		const changed = { ...period, owner: { name: "Omar", member_id: late }, auto_rotate: "handover" } as const;
		await updateKeySettings(fixture.context(), { tenant_id, key_id: ids[1], ...changed });
		equal(await node().run(), 1, "due at once, because another system has seen it; a period that a person sets counts from the import");
		const replaced = async (key_id: string, member_id: string) => {
			const { raw_key } = await reveal(tokenIn(mailsTo(member_id)[0]));
			match(raw_key, /^kw_prod_/);
			ok(await fixture.isLive(raw_key));
			deepEqual(await rotations(key_id), ["open"]);
			const secrets = await fixture.behind("select lookup is not null as imported, retired_at from secrets where key_id = $1 order by 1 desc", [
				key_id,
			]);
			deepEqual(secrets, [
				{ imported: true, retired_at: null },
				{ imported: false, retired_at: null },
			]);
			const [key] = await fixture.behind("select rotation_due_at > now() + interval '25 days' as later from keys where id = $1", [key_id]);
			equal(key?.later, true);
		};
		await replaced(ids[0], early);
		equal(await node().run(), 0);
		fixture.clock.advance(30 * DAY_MS + SECOND_MS);
		await node().run();
		await replaced(ids[1], late);
		deepEqual(await rotations(plain?.key?.id ?? ""), [], "without a schedule nothing begins by itself");
	});

	test("a key that replaces itself gets no link: its rotation.due says so, and it is an alert a day later", async () => {
		const key_id = await keyOf(await member(), { auto_rotate: "self", permissions: ["key:rotate"] });
		fixture.clock.advance(30 * DAY_MS + HOUR_MS);
		equal(await node().run(), 0);
		doesNotMatch(JSON.stringify(trap.mails), /reveal/);
		equal(await alert(key_id), null);
		fixture.clock.advance(DAY_MS);
		match((await alert(key_id)) ?? "", /is to be replaced by/);
	});
});
