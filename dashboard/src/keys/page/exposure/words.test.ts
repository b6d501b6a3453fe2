import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { getExposures } from "./words.ts";

const SOURCE = { id: "src_1", name: null, client: null, agent: "order-bot", network: "203.0.113.0/24" };
const NOT_KNOWN = { network: null, source: null };
const exposure = (kid: string, kind: "url" | "browser" | "cookie", last_at: string, source_id: string | null) =>
	({ kid, kind, first_at: last_at, last_at, requests: 2, source_id, ...NOT_KNOWN }) as const;
const SECRETS = [
	{ kid: "new", status: "current" },
	{ kid: "old", status: "retired" },
] as const;

test("exposures of secrets that still work are listed with client and network, the latest first", () => {
	const found = getExposures(
		{
			secrets: SECRETS,
			exposure: [
				exposure("new", "browser", "2026-11-28T00:00:00Z", "src_1"),
				exposure("new", "url", "2026-11-29T00:00:00Z", "src_2"),
				{ ...exposure("new", "cookie", "2026-11-29T12:00:00Z", "src_3"), network: "198.51.100.0/24", source: "order-bot" },
				exposure("old", "url", "2026-11-30T00:00:00Z", null),
			],
		},
		[SOURCE],
	);
	deepEqual(
		found.map(({ title, from }) => [title, from]),
		[
			["In a cookie", "order-bot, 198.51.100.0/24"],
			["In a URL", "a client that is not in the list of clients"],
			["From a browser", "order-bot, 203.0.113.0/24"],
		],
	);
});
