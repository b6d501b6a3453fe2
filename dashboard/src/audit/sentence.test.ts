import { equal } from "node:assert/strict";
import { test } from "node:test";
import type { Entry } from "./queries.ts";
import { getDetail, isErased, sentenceText, toSentence } from "./sentence.ts";

const ENTRY: Entry = {
	id: "aud_1.acme",
	at: "2026-11-29T19:44:07.000Z",
	actor: { kind: "member", id: "mem_1", name: "Dana" },
	action: "key.updated",
	target: { kind: "key", id: "key_1", name: "prod-order-bot" },
	before: null,
	after: null,
	ip: null,
	request_id: "req_1",
};
const tell = (entry: Partial<Entry>, is_operator = false) => sentenceText(toSentence({ ...ENTRY, ...entry }, { product: "Acme API", is_operator }));

test("an entry is a sentence: who, did, what", () => {
	equal(tell({}), "Dana changed prod-order-bot");
	equal(tell({ action: "key.reissued" }), "Dana issued prod-order-bot anew");
	equal(tell({ action: "password.changed" }), "Dana changed their password");
	equal(tell({ action: "member.joined", target: { kind: "member", id: "mem_1", name: "Dana" } }), "Dana joined the team");
	equal(tell({ action: "rotation.started", actor: { kind: "key", id: "key_1", name: "prod-order-bot" } }), "prod-order-bot began to replace itself");
	equal(
		tell({ action: "handover.claimed", actor: { kind: "system", id: null, name: "public" }, after: { claimed_by: "Tomas" } }),
		"Tomas revealed prod-order-bot",
	);
});

test("the server has the product's name, and operators have their names for operators only", () => {
	equal(tell({ action: "key.expiry_warned", actor: { kind: "system", id: null, name: "expiry" } }), "Acme API announced the end of prod-order-bot");
	const operator = { kind: "operator", id: "per_1", name: "Olga" };
	equal(
		tell({ action: "tenant.updated", actor: operator, target: { kind: "tenant", id: "acme", name: "Acme" } }),
		"The operator changed the tenant Acme",
	);
	equal(tell({ actor: operator }, true), "Olga changed prod-order-bot");
	equal(tell({ actor: { kind: "operator", id: null, name: "token" } }, true), "The operator changed prod-order-bot");
});

test("an entry without names, or of an action that this page does not know, is still a sentence", () => {
	const erased = { actor: { kind: null, id: null, name: null }, target: { kind: "key", id: "key_1", name: null } };
	equal(tell({ action: "key.revoked", ...erased }), "Someone who was erased revoked a key");
	equal(isErased({ ...ENTRY, ...erased }), true);
	equal(tell({ action: "key.sung" }), "Dana did “key.sung” to prod-order-bot");
});

test("a line ends with its most telling detail", () => {
	const detail = (entry: Partial<Entry>) => getDetail({ ...ENTRY, ...entry });
	equal(
		detail({ before: { allowed_ips: null, expires_at: null }, after: { allowed_ips: ["10.0.0.0/8"], expires_at: "2027-01-01T00:00:00.000Z" } }),
		"2 changes",
	);
	equal(detail({ before: { allowed_ips: null }, after: { allowed_ips: ["10.0.0.0/8"] } }), "Addresses");
	equal(detail({ action: "member.role_changed", before: { role: "viewer" }, after: { role: "admin" } }), "Viewer → Admin");
	equal(detail({ action: "invitation.created", after: { role: "admin" } }), "as admin");
	equal(
		detail({ action: "key.revoked", before: { status: "active" }, after: { status: "revoked", reason: "suspected_exposure" } }),
		"It may have leaked",
	);
	equal(detail({}), "");
});
