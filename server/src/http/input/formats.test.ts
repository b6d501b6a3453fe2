import { equal } from "node:assert/strict";
import { test } from "node:test";
import { formatFor } from "./formats.ts";

const toCsv = () => Promise.reject(new Error("not called"));
const toLines = () => Promise.reject(new Error("not called"));
const formats = { "text/csv": toCsv, "application/x-ndjson": toLines };

test("the media type that a client prefers is chosen, and JSON where it says nothing else", () => {
	for (const accept of [undefined, "", "*/*", "application/json", "text/html, */*", "text/csv;q=0", "text/csv;q=0.5, application/json", "image/png"])
		equal(formatFor(formats, accept), null, String(accept));
	for (const accept of ["text/csv", "TEXT/CSV; charset=utf-8", "text/html, text/csv", "*/*;q=0.1, text/csv", "text/csv, application/x-ndjson"])
		equal(formatFor(formats, accept), toCsv, accept);
	for (const accept of ["application/x-ndjson", "text/csv;q=0.2, application/x-ndjson;q=0.9"]) equal(formatFor(formats, accept), toLines, accept);
	equal(formatFor(formats, `${"a/b,".repeat(40)}text/csv`), null, "a header of many types is not read to its end");
});
