import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { Alert } from "./queries.ts";
import { formatMails, formatWebhooks, isFinal, namesMailed } from "./reached.ts";
import { RULE_NAMES } from "./rules/words.ts";
import { alertsSearchFrom } from "./search.ts";
import { alertDetail, alertFacts, alertTitle, sentenceText, sortAlerts } from "./words.ts";

const NOW_MS = Date.UTC(2026, 10, 30, 12);

function alert(of: Partial<Alert>): Alert {
	const times = { raised_at: "2026-11-30T09:00:00.000Z", last_at: "2026-11-30T11:00:00.000Z", reminded_at: null, resolved_at: null };
	const person = { acknowledged_at: null, acknowledged_by: null };
	return {
		...{ id: "alt_1", rule: "key_exposed", status: "raised", key_id: "key_1", summary: "S", count: 14, evidence: {}, reached: null },
		...times,
		...person,
		...of,
	};
}

const title = (of: Partial<Alert>): string => sentenceText(alertTitle(alert(of), NOW_MS));
const detail = (of: Partial<Alert>): string => sentenceText(alertDetail(alert(of), NOW_MS));

test("an alert names the key, how often and which client, and is in the past once it is resolved", () => {
	const evidence = { name: "prod-order-bot", last4: "V1DJ", source: "Backup host", network: "10.4.2.0/24", kind: "browser" };
	equal(title({ rule: "dead_key_presented", evidence }), "Ended key …V1DJ of prod-order-bot is still presented");
	equal(title({ rule: "dead_key_presented", status: "resolved", evidence }), "Ended key …V1DJ of prod-order-bot was still presented");
	equal(detail({ rule: "dead_key_presented", evidence }), "Refused 14 times, last by Backup host, 10.4.2.0/24.");
	equal(title({ evidence }), "prod-order-bot was used from a browser");
	const ending = { name: "dev-support", expires_at: "2026-12-04T12:00:00.000Z" };
	equal(title({ rule: "key_expiring", evidence: ending }), "dev-support ends in 4 days");
	equal(title({ rule: "key_expiring", status: "resolved", evidence: ending }), "dev-support was to end on 4 Dec");
	equal(
		title({ rule: "limit_near", key_id: null, evidence: { name: "storage_bytes", used: 1_048_576, max: 2_097_152 } }),
		"1 MiB of 2 MiB of storage are used",
	);
});

test("every rule has words without evidence, such as that of another version, and a storm is one sentence", () => {
	for (const rule of RULE_NAMES)
		for (const status of ["raised", "resolved"] as const)
			deepEqual([title({ rule, status }).includes("undefined"), detail({ rule, status }).includes("undefined")], [false, false], rule);
	const storm = { summary: "At least 12 more keys expire soon", key_id: null, evidence: { subjects: 12, first: "prod-a" } };
	equal(title({ rule: "key_expiring", ...storm }), "At least 12 more keys expire soon");
	equal(
		detail({ rule: "key_expiring", ...storm }),
		"The first of them is prod-a. Ten of a kind have alerts of their own; these are together in one.",
	);
	deepEqual(alertFacts(alert({ evidence: { environment: "prod", network: "hidden" } })), [
		{ term: "Network", value: "a network that is not kept" },
		{ term: "Environment", value: "Production" },
	]);
});

test("the most severe come first, of these the newest, and an acknowledged one keeps its place", () => {
	const list = [
		alert({ id: "near", rule: "limit_near", raised_at: "2026-11-30T11:00:00.000Z" }),
		alert({ id: "old", raised_at: "2026-11-30T08:00:00.000Z" }),
		alert({ id: "new", status: "acknowledged", raised_at: "2026-11-30T10:00:00.000Z" }),
	];
	deepEqual(
		sortAlerts(list).map(({ id }) => id),
		["new", "old", "near"],
	);
});

test("the address names filters and the open alert; what is unknown is ignored", () => {
	deepEqual(alertsSearchFrom({ show: "resolved", rule: "new_source", key: "key_1", alert: "alt_1", other: "x" }), {
		...{ show: "resolved", key: "key_1", rule: "new_source", alert: "alt_1" },
	});
	deepEqual(alertsSearchFrom({ show: "all", rule: "none", key: "", alert: 7 }), {});
});

test("who was reached is said from the queues alone: not yet, in a digest, not accepted, and by name once it was sent", () => {
	const at = "2026-11-30T11:58:00.000Z";
	const mail = (name: string, status: "waiting" | "digest" | "sent" | "failed", sent_at: string | null = null) => ({ name, status, at: sent_at });
	const mails = [mail("Olivia", "sent", at), mail("Dana", "digest"), mail("Dana", "waiting"), mail("Priya", "failed"), mail("Ada", "digest", at)];
	const outcomes = formatMails({ mails }, "key_exposed", NOW_MS);
	deepEqual(typeof outcomes === "string" ? outcomes : outcomes.map(({ name, outcome }) => `${name}: ${outcome}`), [
		"Olivia: 2 min ago",
		"Dana: not yet: with the next digest",
		"Dana: not yet",
		"Priya: the mail server did not accept it",
		"Ada: in a digest, 2 min ago",
	]);
	equal(formatMails({ mails: null }, "key_exposed", NOW_MS), "not yet");
	equal(formatMails({ mails: [] }, "key_exposed", NOW_MS), "no one");
	equal(formatMails({ mails: [] }, "new_source", NOW_MS), "no one: the event itself has a mail of its own");
	const webhooks = [{ webhook_id: "whk_1", url_origin: "https://ops.example", status: "waiting" as const, at }];
	const [delivery] = formatWebhooks({ webhooks }, NOW_MS);
	equal(typeof delivery === "string" ? delivery : delivery?.outcome, "not yet: it is attempted again");
	equal(formatWebhooks({ webhooks: [] }, NOW_MS), "none");
	deepEqual(namesMailed({ mails: [...mails, mail("Zoe", "sent", at)], webhooks }), {
		names: [
			{ id: "0", name: "Olivia", at },
			{ id: "4", name: "Ada", at },
		],
		others: 1,
	});
	equal(namesMailed({ mails: [mail("Dana", "waiting")], webhooks }), null);
	deepEqual([isFinal({ mails, webhooks }), isFinal({ mails: [], webhooks: [] }), isFinal(null)], [false, true, false]);
});
