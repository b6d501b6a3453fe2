import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { makeSource } from "../usage/sources/source.ts";
import { RefusalRecorder } from "./recorder.ts";
import type { Refusal } from "./refusal.ts";

const AT_MS = Date.UTC(2026, 11, 1, 12);
const PROVEN_MAX = 5_000;

function refusalOf(kid: string, number: number, network = "192.0.2.0/24"): Refusal {
	const asked = { request_id: `${kid} ${number}`, at_ms: AT_MS, operation: "GET /test", source: makeSource(network, "curl", null), address: null };
	return { ...asked, code: "key_revoked", check: "not_revoked", kid, proven: true, facts: {}, detail: "" };
}

test("keys that are refused all the time displace their own refusals, not those of other keys", () => {
	const recorder = new RefusalRecorder({ addresses: false });
	for (let number = 0; number < 400; number += 1) for (let key = 0; key < 60; key += 1) recorder.add(refusalOf(`loud${key}`, number));
	for (let number = 0; number < 3; number += 1) recorder.add(refusalOf("quiet", number));
	for (let key = 0; key < 60; key += 1) recorder.add(refusalOf(`loud${key}`, 400));
	ok(recorder.waiting <= PROVEN_MAX, `${recorder.waiting} wait`);
	const { refusals = [] } = recorder.take() ?? {};
	const idsOf = (kid: string) => refusals.filter((refusal) => refusal.kid === kid).map(({ request_id }) => request_id);
	deepEqual(idsOf("quiet"), ["quiet 0", "quiet 1", "quiet 2"]);
	for (let key = 0; key < 60; key += 1) {
		const numbers = idsOf(`loud${key}`).map((id) => Number(id.split(" ")[1]));
		const latest = numbers.filter((number) => number > 0).toSorted((a, b) => a - b);
		deepEqual(
			latest,
			Array.from({ length: latest.length }, (_, place) => 401 - latest.length + place),
			"the latest of each, without a gap",
		);
	}
	equal(
		refusals.reduce((sum, { requests }) => sum + requests, 0),
		60 * 401 + 3,
		"displaced ones are counted",
	);
});

test("first refusals of very many sources leave space for those of other keys", () => {
	const recorder = new RefusalRecorder({ addresses: false });
	for (let key = 0; key < 120; key += 1)
		for (let source = 0; source < 64; source += 1) recorder.add(refusalOf(`loud${key}`, source, `192.0.${source}.0/24`));
	recorder.add(refusalOf("quiet", 0));
	ok(recorder.waiting <= PROVEN_MAX, `${recorder.waiting} wait`);
	ok(recorder.take()?.refusals.some(({ kid }) => kid === "quiet"));
});

test("more keys than there is space for are kept as far as there is space, once each", () => {
	const recorder = new RefusalRecorder({ addresses: false });
	for (let number = 0; number < 3; number += 1) for (let key = 0; key < 20_000; key += 1) recorder.add(refusalOf(`key${key}`, number));
	equal(recorder.waiting, PROVEN_MAX);
	equal(recorder.take()?.refusals.length, PROVEN_MAX);
	equal(recorder.take(), null);
});
