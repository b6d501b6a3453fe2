import { deepEqual, equal, match } from "node:assert/strict";
import { after, before, test } from "node:test";
import { testLog } from "../../testing/database.ts";
import { type KeysFixture, keysFixture, PUBLIC_URL } from "../../testing/keys.ts";
import { type MailTrap, mailTrap } from "../../testing/mail-trap.ts";
import { HOUR_MS, MINUTE_MS } from "../core/time.ts";
import { createMailer } from "../outbox/mail/mailer.ts";
import { LiveProfile } from "../plans/profile/live.ts";
import { mailOfFailingWebhooks } from "./failing-mail.ts";

let fixture: KeysFixture;
let trap: MailTrap;
before(async () => {
	fixture = await keysFixture();
	trap = await mailTrap();
	for (const id of ["ada", "bob"]) {
		await fixture.behind("insert into people (id, name, email, email_verified, created_at, updated_at) values ($1, $1, $2, true, now(), now())", [
			id,
			`${id}@example.com`,
		]);
		if (id === "ada") await fixture.behind("insert into operators (person_id, created_at, created_by) values ($1, now(), '{}')", [id]);
	}
});
after(async () => {
	await trap.close();
	await fixture.close();
});

test("operators get one mail when a webhook of theirs has failed for an hour and one when it is disabled, from whichever node; it starts anew once it accepted", async () => {
	const { clock, db } = fixture;
	const settings = { smtp_url: `smtp://127.0.0.1:${trap.port}`, from: "keys@shop.example" };
	const mailer = createMailer({ settings, product_name: () => "Orderly", log: testLog });
	const profile = new LiveProfile({ database: db.database, node: db.node, log: testLog, public_url: PUBLIC_URL });
	const look = async () => {
		const nodes = [1, 2].map(() => mailOfFailingWebhooks({ database: db.database, clock, mailer, profile }));
		return (await Promise.all(nodes)).reduce((sum, found) => sum + found, 0);
	};
	await fixture.behind(
		"insert into webhooks (tenant_id, id, url, pepper_id, secret, after_position, created_at) values ('*', 'whk_1', 'https://ops.example/in?token=hidden', 'p', '', 0, now())",
	);
	const fail = (since: Date | null) =>
		fixture.behind(
			"insert into webhook_queues (tenant_id, webhook_id, failing_since) values ('*', 'whk_1', $1) on conflict (tenant_id, webhook_id) do update set failing_since = $1",
			[since],
		);
	await fail(new Date(clock.now()));
	clock.advance(59 * MINUTE_MS);
	equal(await look(), 0);
	clock.advance(MINUTE_MS);
	equal(await look(), 1);
	clock.advance(5 * HOUR_MS);
	equal(await look(), 0, "it is known");
	await fixture.behind("update webhooks set status = 'disabled', disabled_reason = 'failing' where id = 'whk_1'");
	equal(await look(), 1);
	await fixture.behind("update webhooks set status = 'active', disabled_reason = null where id = 'whk_1'");
	await fail(null);
	equal(await look(), 0);
	await fail(new Date(clock.now() - HOUR_MS));
	equal(await look(), 1);
	deepEqual(
		trap.mails.map(({ to, headers }) => [to.join(), headers.get("subject")]),
		["accepts nothing", "was disabled", "accepts nothing"].map((what) => ["ada@example.com", `A webhook of Keywright ${what}`]),
	);
	const [first] = trap.mails;
	match(first?.text ?? "", /^your webhook at ops\. example has accepted nothing since /m);
	match(first?.text ?? "", new RegExp(`^${PUBLIC_URL}/operator/webhooks$`, "m"));
	equal(
		trap.mails.some(({ text }) => text.includes("hidden")),
		false,
		"paths and queries of receivers are often secrets",
	);
});
