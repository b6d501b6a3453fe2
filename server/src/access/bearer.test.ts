import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { makeServiceCredential } from "../core/credential.ts";
import { randomBase62 } from "../core/id.ts";
import { bearerOf, OPERATOR_TOKEN, SERVICE_CREDENTIAL, unknownBearer } from "./bearer.ts";

test("the scheme may be written in any case, the token is taken as it is", () => {
	for (const scheme of ["Bearer", "bearer", "BEARER"]) equal(bearerOf(`${scheme} abc.~+/=`, false, OPERATOR_TOKEN), "abc.~+/=");
});

test("no credential is told apart from one in the wrong form", () => {
	for (const header of [null, "", "  "]) deepEqual(codeOf(header), "credential_missing");
	for (const header of ["Bearer", "Bearer ", "abc", "Basic YTpi", "Bearer a b", "Bearer a,b c", "Bearera"])
		deepEqual(codeOf(header), "credential_invalid", header);
});

test("an API key alone is no credential, and the detail says so", () => {
	const refusal = bearerOf(null, true, OPERATOR_TOKEN);
	ok(typeof refusal !== "string");
	equal(refusal.code, "credential_missing");
	match(refusal.detail, /does not accept X-API-Key/);
});

test("a credential of another kind is told where it belongs and is not repeated", () => {
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

function codeOf(header: string | null): string | null {
	const answer = bearerOf(header, false, OPERATOR_TOKEN);
	return typeof answer === "string" ? null : answer.code;
}
