import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../core/clock.ts";
import { type Address, parseAddress } from "../core/network.ts";
import { AddressFailures } from "./address-failures.ts";
import { deny } from "./denial.ts";

const WRONG = deny("key_known", "key_invalid", "Not known.");

function address(text: string): Address {
	const parsed = parseAddress(text);
	ok(parsed);
	return parsed;
}

function fail(failures: AddressFailures, from: Address | null, times: number): string {
	let code = "";
	for (let time = 0; time < times; time += 1) code = failures.refuse(from, WRONG).code;
	return code;
}

test("wrong keys up to the limit per minute get key_invalid, and the next one gets 429 with a wait", () => {
	const clock = new ManualClock();
	const failures = new AddressFailures({ clock, per_minute: 300 });
	const from = address("192.0.2.1");
	equal(fail(failures, from, 300), "key_invalid");
	const refused = failures.refuse(from, WRONG);
	equal(refused.code, "too_many_auth_failures");
	const wait = refused.metadata?.retry_after_seconds ?? 0;
	ok(wait > 0 && wait <= 66);
	clock.advance(wait * 1_000);
	equal(fail(failures, from, 1), "key_invalid");
});

test("refused requests are not counted, so that a caller who keeps trying is not blocked forever", () => {
	const clock = new ManualClock();
	const failures = new AddressFailures({ clock, per_minute: 5 });
	let told = 0;
	for (let second = 0; second < 140; second += 1) {
		for (let time = 0; time < 10; time += 1) if (failures.refuse(address("192.0.2.1"), WRONG).code === "key_invalid") told += 1;
		clock.advance(1_000);
	}
	equal(told, 15);
});

test("an IPv4 address is one, an IPv6 /64 is one, and an IPv4 address in its IPv6 form is the IPv4 address", () => {
	const failures = new AddressFailures({ clock: new ManualClock(), per_minute: 2 });
	fail(failures, address("192.0.2.1"), 2);
	equal(fail(failures, address("192.0.2.2"), 1), "key_invalid");
	equal(fail(failures, address("::ffff:192.0.2.1"), 1), "too_many_auth_failures");
	fail(failures, address("2001:db8:1:2::1"), 1);
	fail(failures, address("2001:db8:1:2:ffff:ffff:ffff:ffff"), 1);
	equal(fail(failures, address("2001:db8:1:2::3"), 1), "too_many_auth_failures");
	equal(fail(failures, address("2001:db8:1:3::1"), 1), "key_invalid");
});

test("0 disables the limit, and requests without an address are not counted", () => {
	const off = new AddressFailures({ clock: new ManualClock(), per_minute: 0 });
	equal(fail(off, address("192.0.2.1"), 1_000), "key_invalid");
	const on = new AddressFailures({ clock: new ManualClock(), per_minute: 1 });
	equal(fail(on, null, 1_000), "key_invalid");
});

test("from 30 wrong keys in a minute on an address waits in the slow lane, also where the limit is off, until it has been quiet", () => {
	for (const per_minute of [0, 300]) {
		const clock = new ManualClock();
		const failures = new AddressFailures({ clock, per_minute });
		const from = address("192.0.2.1");
		fail(failures, from, 29);
		equal(failures.laneOf(from), "normal");
		fail(failures, from, 1);
		equal(failures.laneOf(from), "slow");
		equal(failures.laneOf(address("192.0.2.2")), "normal");
		clock.advance(66_000);
		equal(failures.laneOf(from), "normal");
	}
	equal(new AddressFailures({ clock: new ManualClock(), per_minute: 1 }).laneOf(null), "normal");
});
