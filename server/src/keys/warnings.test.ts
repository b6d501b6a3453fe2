import assert from "node:assert/strict";
import { test } from "node:test";
import { getWarnings, isVague } from "./warnings.ts";

const GOOD = {
	name: "prod-order-bot",
	environment: "prod",
	integration: "order bot",
	expires_at: null,
	rotate_every_days: 90,
	auto_rotate: null,
	permissions: ["tenant:read"],
	name_taken: false,
} as const;
const getCodes = (key: Parameters<typeof getWarnings>[0]) => getWarnings(key).map((warning) => warning.code);

test("names that describe no purpose are vague", () => {
	for (const name of [
		"test",
		"Test 2",
		"key",
		"new key",
		"API-Key",
		"my_api_key",
		"asdf",
		"qwerty",
		"ab",
		"x",
		"123",
		"2026-01-15",
		"key1",
		"aaaa",
		"prod",
		"prod bot",
		"--",
		"🔑",
		"   ",
	]) {
		assert(isVague(name), name);
	}
});

test("names that describe the purpose are not vague", () => {
	for (const name of [
		"prod-order-bot",
		"staging-crm-sync",
		"dev-support-prototype",
		"ERP",
		"Buchhaltung",
		"注文ボット",
		"API key for orders",
		"order test",
	]) {
		assert(!isVague(name), name);
	}
});

test("a good key gets no warning", () => assert.deepEqual(getWarnings(GOOD), []));

test("the warning about a vague name suggests one of environment and integration", () => {
	const [warning] = getWarnings({ ...GOOD, name: "test", environment: "staging", integration: "CRM Sync!" });
	assert.equal(warning?.code, "name_vague");
	assert.match(warning?.detail ?? "", /"staging-crm-sync"/);
	assert.match(getWarnings({ ...GOOD, name: "test", integration: "注文" })[0]?.detail ?? "", /"prod-order-bot"/);
	assert.match(getWarnings({ ...GOOD, name: "test", integration: "prod-shop" })[0]?.detail ?? "", /"prod-shop"/);
});

test("a name that another live key has causes a warning", () => assert.deepEqual(getCodes({ ...GOOD, name_taken: true }), ["name_duplicate"]));

test("only a production key without expiry and rotation causes a warning", () => {
	assert.deepEqual(getCodes({ ...GOOD, rotate_every_days: null }), ["never_replaced"]);
	assert.deepEqual(getCodes({ ...GOOD, rotate_every_days: null, expires_at: new Date() }), []);
	assert.deepEqual(getCodes({ ...GOOD, rotate_every_days: null, environment: "dev" }), []);
});

test("a key that is to replace itself without the permission for it is warned about", () => {
	assert.deepEqual(getCodes({ ...GOOD, auto_rotate: "self" }), ["cannot_rotate_itself"]);
	assert.deepEqual(getCodes({ ...GOOD, auto_rotate: "self", permissions: ["key:rotate"] }), []);
});
