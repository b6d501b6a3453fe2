import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { makeServiceCredential } from "../core/credential.ts";
import { randomBase62 } from "../core/id.ts";
import { OPERATOR_TOKEN, parseBearer, SERVICE_CREDENTIAL, unknownBearer } from "./bearer.ts";

test("the scheme is case-insensitive and the token is returned verbatim", () => {
	for (const scheme of ["Bearer", "bearer", "BEARER"]) equal(parseBearer(`${scheme} abc.~+/=`, false, OPERATOR_TOKEN), "abc.~+/=");
});

test("a missing credential and a malformed one have different codes", () => {
	for (const header of [null, "", "  "]) deepEqual(getCode(header), "credential_missing");
	for (const header of ["Bearer", "Bearer ", "abc", "Basic YTpi", "Bearer a b", "Bearer a,b c", "Bearera"])
		deepEqual(getCode(header), "credential_invalid", header);
});

test("an API key alone is refused, and the detail says that X-API-Key is not accepted", () => {
	const refusal = parseBearer(null, true, OPERATOR_TOKEN);
	ok(typeof refusal !== "string");
	equal(refusal.code, "credential_missing");
	match(refusal.detail, /does not accept X-API-Key/);
});

test("the refusal of another kind of credential names its route and does not repeat it", () => {
	const raw_key = `kw_prod_${randomBase62(50)}`;
	const credential = makeServiceCredential().text;
	match(unknownBearer(raw_key, OPERATOR_TOKEN).detail, /X-API-Key header of the routes under/);
	match(unknownBearer(`my_brand_dev_${randomBase62(50)}`, SERVICE_CREDENTIAL).detail, /X-API-Key header/);
	match(unknownBearer(credential, OPERATOR_TOKEN).detail, /service credential/);
	equal(unknownBearer(credential, SERVICE_CREDENTIAL).detail, unknownBearer("kws_abc", SERVICE_CREDENTIAL).detail);
	for (const token of [raw_key, credential]) {
		for (const wanted of [OPERATOR_TOKEN, SERVICE_CREDENTIAL])
			equal(JSON.stringify(unknownBearer(token, wanted)).includes(token.slice(8, 20)), false);
	}
});

function getCode(header: string | null): string | null {
	const answer = parseBearer(header, false, OPERATOR_TOKEN);
	return typeof answer === "string" ? null : answer.code;
}
