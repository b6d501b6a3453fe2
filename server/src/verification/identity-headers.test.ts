import { equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatPermissions, headerText, PERMISSIONS_CHARACTERS_MAX } from "./identity-headers.ts";

test("a plain name is sent as it is, and what a header cannot carry is escaped", () => {
	equal(headerText("prod-order-bot"), "prod-order-bot");
	equal(headerText("Olivia's bot, 2nd"), "Olivia's bot, 2nd");
	equal(headerText("Größe"), "Gr%C3%B6%C3%9Fe");
	equal(headerText("100%"), "100%25");
	equal(headerText(" a "), "%20a%20");
	equal(headerText("a\r\nX-Keywright-Tenant: b"), "a%0D%0AX-Keywright-Tenant: b");
	equal(headerText("\u{1f511}"), "%F0%9F%94%91");
});

test("every name is printable ASCII in its header and can be read back", () => {
	fc.assert(
		fc.property(fc.string({ unit: "binary" }), (name) => {
			const text = headerText(name);
			match(text, /^[\x20-\x7e]*$/);
			equal(decodeURIComponent(text), name.toWellFormed());
		}),
	);
});

test("more permissions than a header may hold are cut to what is needed and what fits, and none is invented or cut in two", () => {
	const all = Array.from({ length: 200 }, (_, index) => `${"o".repeat(32)}:v${String(index).padStart(31, "0")}`);
	const needed = all.slice(-32);
	const said = formatPermissions(new Set(all), [...needed, "never:had"]).split(" ");
	ok(said.join(" ").length <= PERMISSIONS_CHARACTERS_MAX);
	ok(said.join(" ").length > PERMISSIONS_CHARACTERS_MAX - 66, "as many as fit");
	ok(needed.every((permission) => said.includes(permission)));
	ok(said.every((permission) => all.includes(permission)));
	equal(new Set(said).size, said.length);
	equal(formatPermissions(new Set(), ["never:had"]), "");
});
