import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { parseBoundary, parseParameters, parsePartHeaders } from "./form.ts";

const latin1 = (text: string): string => Buffer.from(text, "utf8").toString("latin1");
const part = (disposition: string, more: Record<string, string[]> = {}) =>
	parsePartHeaders({ "content-disposition": [latin1(disposition)], ...more });

test("the boundary is read as clients write it", () => {
	equal(parseBoundary("multipart/form-data; boundary=----formdata-1"), "----formdata-1");
	equal(parseBoundary('Multipart/Form-Data;charset=utf-8; Boundary="a b\'()+_,-./:=?c"'), "a b'()+_,-./:=?c");
	equal(parseBoundary("multipart/form-data; boundary=x;"), "x");
	equal(parseBoundary(`multipart/form-data; boundary=${"x".repeat(70)}`).length, 70);
});

test("the error for a body without a boundary, or of another type, says what to do", () => {
	const wrong = [
		"",
		"multipart/form-data",
		"multipart/form-data; boundary=",
		'multipart/form-data; boundary=""',
		'multipart/form-data; boundary="a "',
		"multipart/form-data; boundary=a; boundary=b",
		`multipart/form-data; boundary=${"x".repeat(71)}`,
		"multipart/form-data; boundary=a\u00e9",
		"multipart/mixed; boundary=x",
		"application/json",
		"application/octet-stream",
	];
	for (const content_type of wrong)
		throws(() => parseBoundary(content_type), { code: "unsupported_media_type", detail: /let your HTTP client set/ }, content_type);
});

test("parameters: quotes, escapes, spaces; malformed or doubled ones give nothing", () => {
	deepEqual(
		parseParameters('form-data; name="a\\"b\\\\c"; filename=x.txt')?.parameters,
		new Map([
			["name", 'a"b\\c'],
			["filename", "x.txt"],
		]),
	);
	deepEqual(parseParameters('form-data;name="C:\\dir\\x"')?.parameters, new Map([["name", "C:\\dir\\x"]]));
	equal(parseParameters('form-data; name="a"; name="b"'), null);
	equal(parseParameters('form-data; name="a'), null);
	equal(parseParameters("form-data; =a"), null);
	equal(parseParameters('form-data; name="a"b'), null);
});

test("a part says its name, its file name and its type", () => {
	deepEqual(part('form-data; name="file"; filename="Bericht ü.pdf"', { "content-type": ["Application/PDF; version=1"] }), {
		name: "file",
		filename: "Bericht ü.pdf",
		content_type: "application/pdf",
		charset: "utf-8",
	});
	deepEqual(part('form-data; name="title"'), { name: "title", filename: null, content_type: "application/octet-stream", charset: "utf-8" });
	equal(part('form-data; name="file"; filename="x"; filename*=UTF-8\'\'%e2%82%ac.txt').filename, "€.txt");
	equal(part('form-data; name="file"; filename="a%22b.txt"').filename, 'a"b.txt');
});

test("a type that is none becomes application/octet-stream, and never a header of its own", () => {
	for (const type of ["", "text", "text/", "a b/c", "text/html\u00e9", 'text/"x"', "text/html, text/plain"]) {
		equal(part('form-data; name="file"', { "content-type": [latin1(type)] }).content_type, "application/octet-stream", type);
	}
});

test("parts that name no field, say a thing twice or are encoded are refused", () => {
	const wrong: [string, Record<string, string[]>][] = [
		["attachment; name=file", {}],
		["form-data", {}],
		["form-data; filename=x", {}],
		['form-data; name="file"; filename="a\nb"', {}],
		["form-data; name=\"file\"; filename*=UTF-8''%ff", {}],
		["form-data; name=\"file\"; filename*=ISO-8859-1''a", {}],
		['form-data; name="file"', { "content-transfer-encoding": ["base64"] }],
		['form-data; name="file"', { "content-type": ["a/b", "c/d"] }],
		['form-data; name="title"', { "content-type": ["text/plain; charset=utf-16"] }],
	];
	for (const [disposition, more] of wrong) throws(() => part(disposition, more), { code: "invalid_request" }, disposition);
	throws(() => parsePartHeaders({}), { code: "invalid_request" });
	throws(() => parsePartHeaders({ "content-disposition": ['form-data; name="f\xff"'] }), { code: "invalid_request" });
});
