import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { formatDate } from "../ui/time-words.ts";
import { alikeSearch } from "./explain/words.ts";
import type { Explanation } from "./queries.ts";
import { clientChoice, clientTitle, codeTitle, lastTime, refusalTitle, shortOperation, subjectOf } from "./words.ts";

const EXPIRED = "2026-05-03T00:00:00Z";
const NOW = Date.parse("2026-06-15T12:00:00Z");
const title = (code: string, subject: string | null, proven = true) => refusalTitle({ code, subject, proven }, NOW);

test("a refusal is titled by its reason and what it is about, and says so where no right secret proves its key", () => {
	deepEqual(
		[
			title("rate_limited", "burst"),
			title("quota_exceeded", "daily"),
			title("permission_missing", "documents:read"),
			title("capability_not_in_plan", "documents"),
			title("key_invalid", "truncated", false),
			title("key_invalid", "unheard_of", false),
			title("key_expired", EXPIRED),
			title("environment_mismatch", "berlin"),
			title("rate_limited", null),
		],
		[
			"Rate limit “burst” used up",
			"Budget “daily” used up",
			"Permission documents:read missing",
			"Plan without documents",
			"Key cut off, not proven",
			"Key wrong, not proven",
			`Key expired on ${formatDate(EXPIRED, NOW)}`,
			"At a site of another environment",
			"Rate limit used up",
		],
	);
	deepEqual([codeTitle("unheard_of"), codeTitle("constructor")], ["unheard of", "constructor"], "an address can name any code");
});

test("the subject of a refusal is its first fact that names one, and only a text", () => {
	deepEqual(
		[subjectOf({ requests: 8, limit: "burst" }), subjectOf({ mistake: 3 }), subjectOf({}), subjectOf({ budget: "daily", limit: null })],
		["burst", null, null, "daily"],
	);
});

test("a client is named by what it is called, else by its program, else by its network; unproven ones by the network alone", () => {
	const client = { name: null, network: "203.0.113.0/24", agent: "order-bot", client: null };
	deepEqual(
		[
			clientTitle({ ...client, name: "Nightly export", client: "n-1" }, true),
			clientTitle({ ...client, client: "n-1" }, true),
			clientTitle(client, true),
			clientTitle({ ...client, agent: null }, true),
			clientTitle({ ...client, network: "other" }, true),
			clientTitle({ ...client, network: null, agent: null }, true),
			clientTitle({ ...client, name: "Nightly export" }, false),
			clientTitle({ ...client, network: "other" }, false),
			clientChoice(client, true),
			clientChoice(client, false),
			clientChoice({ ...client, network: "other" }, true),
		],
		[
			"Nightly export",
			"n-1",
			"order-bot",
			"203.0.113.0/24",
			"several clients",
			"several clients",
			"203.0.113.0/24",
			"several networks",
			"order-bot · 203.0.113.0/24",
			"203.0.113.0/24",
			"several clients",
		],
	);
});

test("a call is a method and a short path; its time is a clock's within a day, and a date before", () => {
	equal(shortOperation("POST /api/v1/m2m/sites/:site_id/documents/text"), "POST /sites/{site}/documents/text");
	equal(shortOperation("orders.write"), "orders.write");
	equal(/^\d\d:\d\d$/.test(lastTime("2026-06-15T03:29:00Z", NOW)), true);
	equal(/^1[12] Jun$/.test(lastTime("2026-06-12T03:29:00Z", NOW)), true);
});

test("refusals like an unproven one are those that are not proven either, of any key", () => {
	const explanation = {
		code: "key_invalid",
		key: { id: "key_1" },
		alike: { requests_24h: 3, requests: 9, first_at: "2026-06-15T03:29:00Z", source_id: "src_1" },
	} as Explanation;
	deepEqual(alikeSearch({ ...explanation, proven: false }), { code: "key_invalid", proven: "false", client: "src_1" });
	deepEqual(alikeSearch({ ...explanation, proven: true }), { code: "key_invalid", key: "key_1", client: "src_1" });
});
