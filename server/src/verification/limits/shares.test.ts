import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { Shares } from "./shares.ts";

const MINUTE = 66_000;

test("a name that has used up its share takes nothing of the others', and has one again a minute later", () => {
	const shares = new Shares({ of_all: 10, of_each: 3 });
	let taken = 0;
	for (let asked = 0; asked < 100; asked += 1) if (shares.take(MINUTE, ["hostile"])) taken += 1;
	equal(taken, 3);
	equal(shares.take(MINUTE, ["other"]), true);
	equal(shares.take(MINUTE, ["third", "hostile"]), false, "each of the names needs a share");
	for (let asked = 0; asked < 3; asked += 1) equal(shares.take(MINUTE, ["third"]), true, "nothing was taken of it before");
	equal(shares.take(2 * MINUTE, ["hostile"]), true);
});

test("all names together take no more than there is, and invented names use bounded memory", () => {
	const shares = new Shares({ of_all: 5, of_each: 2 });
	for (let minute = 1; minute <= 1_000; minute += 1) {
		const taken = Array.from({ length: 50 }, (_, made) => shares.take(minute * MINUTE, [`name-${minute}-${made}`])).filter(Boolean);
		equal(taken.length, 5);
	}
	ok(shares.names <= 1_000);
});
