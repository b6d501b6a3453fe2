import { equal, ok, rejects } from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { test } from "node:test";
import { ManualClock } from "../core/clock.ts";
import { ApiError } from "../core/error.ts";
import { CodeHost, parsePublicKeys } from "./code-host.ts";
import { toUrlText } from "./report.ts";

const makePair = (namedCurve = "prime256v1") => generateKeyPairSync("ec", { namedCurve });
const publish = (pairs: Readonly<Record<string, ReturnType<typeof makePair>>>) =>
	JSON.stringify({
		public_keys: Object.entries(pairs).map(([key_identifier, { publicKey }]) => {
			return { key_identifier, key: publicKey.export({ type: "spki", format: "pem" }), is_current: true };
		}),
	});
const BODY = Buffer.from('[{"token":"kw_prod_x"}]');
const signWith = (pair: ReturnType<typeof makePair>, body = BODY) => sign("sha256", body, pair.privateKey).toString("base64");
const refusedWith = (code: string) => (error: unknown) => error instanceof ApiError && error.code === code;

test("only a signature over the same bytes by the named key is right", async () => {
	const [own, other] = [makePair(), makePair()];
	const keys = parsePublicKeys(publish({ own, other }));
	ok(keys);
	const host = new CodeHost({
		settings: { keys },
		outgoing: { get: () => Promise.reject(new Error("nothing is fetched")) },
		clock: new ManualClock(0),
	});
	await host.assertSigned(BODY, { identifier: "own", signature: signWith(own) });
	const wrong = [
		null,
		{ identifier: "own", signature: signWith(other) },
		{ identifier: "other", signature: signWith(own) },
		{ identifier: "none", signature: signWith(own) },
		{ identifier: "", signature: signWith(own) },
		{ identifier: "own", signature: "" },
		{ identifier: "own", signature: `${signWith(own)}!` },
		{ identifier: "own", signature: signWith(own, Buffer.from(`${BODY.toString()} `)) },
		{ identifier: "__proto__", signature: signWith(own) },
	];
	for (const by of wrong) await rejects(host.assertSigned(BODY, by), refusedWith("credential_invalid"));
});

test("without settings no signature is right, and keys on other curves are not taken", async () => {
	const pair = makePair();
	const host = new CodeHost({ settings: null, outgoing: { get: () => Promise.reject(new Error("nothing is fetched")) }, clock: new ManualClock(0) });
	await rejects(host.assertSigned(BODY, { identifier: "own", signature: signWith(pair) }), refusedWith("credential_invalid"));
	equal(parsePublicKeys(publish({ long: makePair("secp384r1") })), null);
	for (const text of ["", "[]", "{}", '{"public_keys":[]}', '{"public_keys":[{"key_identifier":"a","key":"b"}]}', "null"])
		equal(parsePublicKeys(text), null, text);
});

test("public keys are fetched once, again for a key that is not known at most once a minute, and used on while the code host is away", async () => {
	const clock = new ManualClock(0);
	const pairs = { first: makePair(), second: makePair() };
	let published: string | null = publish({ first: pairs.first });
	let fetched = 0;
	const get = async () => {
		fetched += 1;
		return published === null ? { status: null, error: "connection_failed" as const, body: null } : { status: 200, error: null, body: published };
	};
	const host = new CodeHost({ settings: { url: "https://keys.example.com" }, outgoing: { get }, clock });
	const ask = (name: keyof typeof pairs) => host.assertSigned(BODY, { identifier: name, signature: signWith(pairs[name]) });
	await Promise.all([ask("first"), ask("first")]);
	equal(fetched, 1);
	published = publish(pairs);
	await rejects(ask("second"), refusedWith("credential_invalid"));
	equal(fetched, 1, "not within a minute");
	clock.advance(61_000);
	await ask("second");
	equal(fetched, 2);
	published = null;
	clock.advance(2 * 3_600_000);
	await ask("first");
	equal(fetched, 3);
});

test("while the public keys were never fetched, a report is to be sent again, not refused for good", async () => {
	const outgoing = { get: async () => ({ status: null, error: "timed_out" as const, body: null }) };
	const host = new CodeHost({ settings: { url: "https://keys.example.com" }, outgoing, clock: new ManualClock(0) });
	await rejects(host.assertSigned(BODY, { identifier: "own", signature: signWith(makePair()) }), refusedWith("unavailable"));
});

test("a reported URL becomes a text without secrets and without characters that cannot be seen", () => {
	const holds_secret = (text: string) => text.includes("kw_prod_secret");
	equal(toUrlText(undefined, holds_secret), null);
	equal(toUrlText(" \u0000\u202e\n ", holds_secret), null);
	equal(toUrlText("https://code.example/a\u202egnp.\r\nexe", holds_secret), "https://code.example/agnp.exe");
	for (const url of ["https://x/?k=kw_prod_secret", "https://x/?k=kw%5Fprod_secret", "https://x/kw_pr\u200bod_secret"])
		equal(toUrlText(url, holds_secret), "(removed: it contained a secret)");
	equal(toUrlText(`https://x/${"ü".repeat(900)}`, holds_secret)?.length, 500);
	equal(toUrlText("javascript:alert(1)", holds_secret), "javascript:alert(1)");
	equal(toUrlText("https://x/%zz", holds_secret), "https://x/%zz");
});
