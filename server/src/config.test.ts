import { deepEqual, doesNotMatch, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { ConfigError, readConfig } from "./config.ts";

test("the configuration takes both mail settings or neither, and says what is wrong at the start", () => {
	const both = { KEYWRIGHT_SMTP_URL: "smtp://u:swordfish@mail.example.com", KEYWRIGHT_MAIL_FROM: "Acme <no-reply@example.com>" };
	deepEqual(readConfig(both).mail, { smtp_url: both.KEYWRIGHT_SMTP_URL, from: both.KEYWRIGHT_MAIL_FROM });
	equal(readConfig({}).mail, null);
	for (const [environment, found] of [
		[{ KEYWRIGHT_SMTP_URL: both.KEYWRIGHT_SMTP_URL }, /needs KEYWRIGHT_MAIL_FROM/],
		[{ KEYWRIGHT_MAIL_FROM: both.KEYWRIGHT_MAIL_FROM }, /needs KEYWRIGHT_SMTP_URL/],
		[{ ...both, KEYWRIGHT_SMTP_URL: "smtp://u:swordfish@h/path" }, /KEYWRIGHT_SMTP_URL: must end after/],
		[{ ...both, KEYWRIGHT_MAIL_FROM: "nobody" }, /KEYWRIGHT_MAIL_FROM: must be an address/],
	] as const) {
		throws(
			() => readConfig(environment),
			(error) => {
				ok(error instanceof ConfigError && error.mistakes.length === 1 && found.test(error.mistakes[0] ?? ""));
				doesNotMatch(error.message, /swordfish/);
				return true;
			},
		);
	}
});
