import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../core/clock.ts";
import { headerFilter } from "../core/secret-text.ts";
import { DAY_MS } from "../core/time.ts";
import { ORIGINS_MAX, type PreflightHead, Preflights } from "./preflights.ts";

const preflight = (origin: string): PreflightHead => ({ method: "OPTIONS", headers: { origin, "access-control-request-method": "GET" } });

function start() {
	const clock = new ManualClock();
	return { clock, preflights: new Preflights({ clock, filterHeader: headerFilter() }) };
}

test("preflights are counted by origin, also those that a proxy asks about; other requests are not", () => {
	const { preflights } = start();
	preflights.count(preflight("https://shop.example"));
	preflights.count({ method: "GET", headers: { ...preflight("https://Shop.example").headers, "x-forwarded-method": "OPTIONS" } });
	preflights.count(preflight("null"));
	preflights.count({ method: "OPTIONS", headers: { origin: "https://shop.example" } });
	preflights.count({ method: "GET", headers: preflight("https://shop.example").headers });
	preflights.count({ method: "OPTIONS", headers: { "access-control-request-method": "GET" } });
	deepEqual(preflights.read(), [
		["https://shop.example", 2],
		["null", 1],
		["other", 0],
	]);
});

test("invented origins use bounded memory, and one that is quiet for a day gives its place to another", () => {
	const { clock, preflights } = start();
	for (let made = 0; made < 100_000; made += 1) preflights.count(preflight(`https://a${made}.example`));
	equal(preflights.read().length, ORIGINS_MAX + 1);
	deepEqual(preflights.read().at(-1), ["other", 100_000 - ORIGINS_MAX]);
	clock.advance(DAY_MS + 1);
	preflights.count(preflight("https://a1.example"));
	preflights.count(preflight("https://shop.example"));
	deepEqual(
		preflights.read().map(([origin]) => origin),
		["https://a1.example", "https://shop.example", "other"],
	);
});

test("a text that is no origin, or that holds a secret, is counted and not shown", () => {
	const { preflights } = start();
	const texts = ['https://a"b', "https://a b", `https://${"a".repeat(300)}.example`, "shop.example", `https://kw_prod_${"0".repeat(50)}.example`];
	for (const text of texts) preflights.count(preflight(text));
	deepEqual(preflights.read(), [["other", texts.length]]);
});
