import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { auditSearchFrom, isFiltered, linkTo, toQuery, withSearch } from "./search.ts";

test("an address names the filters and the open entry, and what is unknown or impossible is ignored", () => {
	const address = {
		actor: "mem_1",
		action: "key.revoked",
		target: "key_1",
		from: "2026-11-29T00:00:00Z",
		to: "2026-11-30T00:00:00Z",
		of: "acme",
		entry: "aud_1.acme",
	};
	deepEqual(auditSearchFrom({ ...address, tenant: "acme" }), { ...address, from: "2026-11-29T00:00:00.000Z", to: "2026-11-30T00:00:00.000Z" });
	deepEqual(auditSearchFrom({ action: "DROP TABLE", period: "year", from: "yesterday", of: "a b", actor: " " }), {});
	deepEqual(auditSearchFrom({ from: "2026-11-30T00:00:00Z", to: "2026-11-29T00:00:00Z", period: "day" }), { period: "day" });
	deepEqual(auditSearchFrom({ from: "2026-11-30T00:00:00Z", period: "day" }), { from: "2026-11-30T00:00:00.000Z" });
});

test("the link to an entry lets the list begin with it", () => {
	deepEqual(linkTo({ id: "aud_7.acme", at: "2026-11-29T19:44:07.000Z" }, { actor: "mem_1", of: "acme" }), {
		of: "acme",
		entry: "aud_7.acme",
		to: "2026-11-29T19:44:07.001Z",
	});
});

test("a period begins at a whole minute, and an open entry is no filter", () => {
	const now_ms = Date.parse("2026-11-30T12:00:30.500Z");
	deepEqual(toQuery({ period: "day", action: "key" }, now_ms), { action: "key", from: "2026-11-29T12:00:00.000Z" });
	equal(isFiltered({ entry: "aud_1" }), false);
	deepEqual(withSearch({ actor: "key", entry: "aud_1" }, { actor: undefined }), { entry: "aud_1" });
});
