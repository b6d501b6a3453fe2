import { equal, notEqual, ok } from "node:assert/strict";
import { basename, join, relative } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { CHOSEN_ID_PATTERN, newId } from "../core/id.ts";
import { documentPath, incomingPath, tenantFolder, tenantOfFolder } from "./places.ts";

const tenantId = fc.stringMatching(new RegExp(CHOSEN_ID_PATTERN));

test("a document's file lies in its tenant's folder, two levels down, under its own id", () => {
	const id = newId("doc");
	equal(documentPath("/data/uploads", "acme", id), `/data/uploads/61636d65/${id.slice(4, 6)}/${id}`);
	equal(incomingPath("/data/uploads", "upl_1"), "/data/uploads/.incoming/upl_1");
});

test("a tenant's folder names the tenant, stays below the uploads folder, and is no other tenant's, also on a disk that does not see case", () => {
	fc.assert(
		fc.property(tenantId, tenantId, (one, other) => {
			const folder = tenantFolder("/u", one);
			equal(tenantOfFolder(basename(folder)), one);
			equal(join("/u", relative("/u", folder)), folder);
			ok(basename(folder).length <= 128);
			if (one !== other) notEqual(folder.toLowerCase(), tenantFolder("/u", other).toLowerCase());
		}),
	);
});

test("other names are no tenant's folder", () => {
	for (const name of [".incoming", "", "6", "zz", "61636D65", "lost+found"]) equal(tenantOfFolder(name), null, name);
});
