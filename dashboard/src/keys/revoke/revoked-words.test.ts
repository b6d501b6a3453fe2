import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { formatRevoked } from "./revoked-words.ts";

function nodes(confirmed: number, silent = 0) {
	return Array.from({ length: confirmed + silent }, (_, place) => ({ node_id: `node_${place}`, confirmed: place < confirmed }));
}

test("the receipt counts the servers that refuse a revoked key, and does not count a silent one as confirmed", () => {
	deepEqual(
		[nodes(0), nodes(1), nodes(3), nodes(2, 1), nodes(1, 2)].map((waited_for) => formatRevoked(waited_for, "12:03:04")),
		[
			"Refused from now on.",
			"Refused from now on.",
			"Refused by all 3 servers since 12:03:04.",
			"Refused by 2 servers since 12:03:04; 1 more has fallen silent and lets nothing through.",
			"Refused by 1 server since 12:03:04; 2 more have fallen silent and let nothing through.",
		],
	);
});
