import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { activitySearchFrom, isFiltered, requestIdFrom, withSearch } from "./search.ts";

const ID = `req_${"A1b2C3d4E5".repeat(2)}`;

test("the address keeps what is valid and omits what is usual", () => {
	const valid = {
		period: "week",
		code: "key_revoked",
		key: "key_1",
		client: "src_1",
		proven: "false",
		show: "each",
		sort: "last",
		by: "client",
		explain: ID,
	};
	deepEqual(activitySearchFrom({ ...valid, tenant: "t" }), valid);
	deepEqual(
		activitySearchFrom({ period: "day", code: "<b>", key: " ", show: "all", proven: "true", sort: "x", by: "constructor", explain: "x".repeat(129) }),
		{},
	);
	deepEqual(withSearch({ code: "key_revoked", explain: ID }, { code: undefined }), { explain: ID });
	deepEqual([isFiltered({ period: "week", show: "each" }), isFiltered({ client: "src_1" }), isFiltered({ proven: "false" })], [false, true, true]);
});

test("a request id is found in what people paste, and only a whole one", () => {
	for (const text of [ID, `  ${ID}\n`, `"${ID}"`, `urn:keywright:request:${ID}`, `x-request-id: ${ID},`]) equal(requestIdFrom(text), ID, text);
	for (const text of ["", "hello", ID.slice(0, -1), `${ID}a`, `x${ID}`]) equal(requestIdFrom(text), null, text);
});
