import assert from "node:assert/strict";
import { test } from "node:test";
import type { TSchema } from "typebox";
import type { ApiError } from "../core/error.ts";
import { compileValidator, validationFailure } from "../http/input/validation.ts";
import { CreateInput, ListQuery, RevokeInput, UpdateInput } from "./schema.ts";

const KEY = { name: "prod-order-bot", environment: "prod", owner: "Ada" };

/** The error for `body`, or null if it is valid. */
function validateBody(schema: TSchema, body: unknown): ApiError | null {
	const validate = compileValidator({ schema, method: "POST", url: "/", httpPart: "body" });
	const valid = validate(body);
	return valid === true ? null : validationFailure("body", (validate as unknown as { errors: Parameters<typeof validationFailure>[1] }).errors);
}
const takes = (schema: TSchema, body: unknown) => assert.equal(validateBody(schema, body), null, JSON.stringify(body));
function refuses(schema: TSchema, body: unknown, pointer: string, code = "invalid_request"): void {
	const failure = validateBody(schema, body);
	assert.equal(failure?.code, code, `${JSON.stringify(body)}: ${failure?.code}`);
	assert(
		failure?.metadata.errors?.some((error) => error.pointer === pointer),
		JSON.stringify(failure?.metadata.errors),
	);
}

test("a key with all fields is valid, and one with the required fields only", () => {
	takes(CreateInput, KEY);
	takes(CreateInput, {
		...KEY,
		owner: { name: "Ada", email: "ada@example.com", member_id: "mem_1" },
		integration: "order bot",
		labels: { team: "shop", "cost centre": "" },
		permissions: ["sites:read"],
		site_ids: null,
		allowed_ips: ["192.0.2.0/24"],
		expires_at: "2030-01-31T12:00:00Z",
		rotate_every_days: null,
	});
});

test("unknown fields are reported as such, also inside the owner; environment and tenant cannot be changed", () => {
	refuses(CreateInput, { ...KEY, scope: [] }, "/scope", "unknown_field");
	refuses(CreateInput, { ...KEY, handover: {} }, "/handover", "unknown_field");
	refuses(CreateInput, { ...KEY, owner: { name: "Ada", phone: "1" } }, "/owner/phone", "unknown_field");
	for (const field of ["environment", "tenant_id", "id", "status"]) refuses(UpdateInput, { [field]: "prod" }, `/${field}`, "unknown_field");
	refuses(RevokeInput, { reason: "other", force: true }, "/force", "unknown_field");
});

test("missing fields and wrong types are reported", () => {
	refuses(CreateInput, { name: "x", environment: "prod" }, "/owner");
	refuses(CreateInput, { ...KEY, environment: "production" }, "/environment");
	refuses(CreateInput, { ...KEY, owner: 7 }, "/owner");
	refuses(CreateInput, { ...KEY, owner: " " }, "/owner");
	refuses(CreateInput, { ...KEY, owner: { name: "Ada", email: "nobody" } }, "/owner/email");
	refuses(CreateInput, { ...KEY, expires_at: "tomorrow" }, "/expires_at");
	refuses(CreateInput, { ...KEY, expires_at: "2030-01-31T12:00:00" }, "/expires_at");
	refuses(RevokeInput, { reason: "because" }, "/reason");
	refuses(RevokeInput, {}, "/reason");
	takes(RevokeInput, { reason: "other" });
});

test("texts have a maximum length and a single line", () => {
	refuses(CreateInput, { ...KEY, name: "" }, "/name");
	refuses(CreateInput, { ...KEY, name: "a\u0000b" }, "/name");
	refuses(CreateInput, { ...KEY, name: "x".repeat(201) }, "/name");
	refuses(CreateInput, { ...KEY, owner: "x".repeat(201) }, "/owner");
	refuses(CreateInput, { ...KEY, integration: "a\nb" }, "/integration");
	refuses(CreateInput, { ...KEY, labels: { ["k".repeat(65)]: "v" } }, "/labels");
	refuses(CreateInput, { ...KEY, labels: { "": "v" } }, "/labels");
	refuses(CreateInput, { ...KEY, labels: { k: "v".repeat(257) } }, "/labels/k");
	refuses(CreateInput, { ...KEY, labels: { k: 1 } }, "/labels/k");
	refuses(CreateInput, { ...KEY, labels: { k: { nested: "v" } } }, "/labels/k");
	refuses(CreateInput, { ...KEY, labels: Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`k${n}`, "v"])) }, "/labels");
	takes(CreateInput, { ...KEY, labels: Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`k${n}`, "v".repeat(256)])) });
	refuses(CreateInput, { ...KEY, allowed_ips: Array.from({ length: 101 }, (_, n) => `192.0.2.${n}`) }, "/allowed_ips");
});

test("a rotation period is 1 to 3650 whole days", () => {
	for (const rotate_every_days of [0, 3_651, 1.5, "90"]) refuses(CreateInput, { ...KEY, rotate_every_days }, "/rotate_every_days");
	for (const rotate_every_days of [1, 3_650, null]) takes(CreateInput, { ...KEY, rotate_every_days });
});

test("a list accepts only known statuses and environments as filters", () => {
	refuses(ListQuery, { status: "deleted" }, "/status");
	refuses(ListQuery, { environment: "test" }, "/environment");
	takes(ListQuery, { status: "paused", environment: "dev", search: "%", integration: "x", owner: "y" });
});

test("a key has at most four budgets, of a plain name and unit, a whole positive amount and a known period", () => {
	const budget = { name: "calls", unit: "credits", amount: 100, per: "week" };
	for (const schema of [CreateInput, UpdateInput]) {
		const body = (budgets: unknown) => (schema === CreateInput ? { ...KEY, budgets } : { budgets });
		takes(schema, body([]));
		takes(schema, body(Array(4).fill(budget)));
		takes(schema, body([{ name: "calls", amount: Number.MAX_SAFE_INTEGER, per: "total" }]));
		refuses(schema, body(Array(5).fill(budget)), "/budgets");
		refuses(schema, body([{ ...budget, used: 1 }]), "/budgets/0/used", "unknown_field");
		for (const name of ["", "Calls", "two words", "x".repeat(33), 'a"b']) refuses(schema, body([{ ...budget, name }]), "/budgets/0/name");
		for (const unit of ["", "two words", "ü", "x".repeat(33), 'a"b', null]) refuses(schema, body([{ ...budget, unit }]), "/budgets/0/unit");
		for (const amount of [0, -1, 1.5, "100", Number.MAX_SAFE_INTEGER + 1, null]) refuses(schema, body([{ ...budget, amount }]), "/budgets/0/amount");
		for (const per of ["hour", "Day", null]) refuses(schema, body([{ ...budget, per }]), "/budgets/0/per");
	}
});
