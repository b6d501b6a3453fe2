import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { dialogSearchFrom } from "./names.ts";

test("an address names a dialog and what it is about, and anything else in it is ignored", () => {
	deepEqual(dialogSearchFrom({ dialog: "revoke", of: "key_1", tenant: "t" }), { dialog: "revoke", of: "key_1" });
	deepEqual(dialogSearchFrom({ dialog: "revoke", of: "" }), { dialog: "revoke" });
	for (const dialog of [undefined, "", "Revoke", "a/b", "x".repeat(41), 3]) deepEqual(dialogSearchFrom({ dialog, of: "key_1" }), {});
	equal(dialogSearchFrom({ dialog: "bulk-revoke", of: "x".repeat(301) }).of, undefined);
});
