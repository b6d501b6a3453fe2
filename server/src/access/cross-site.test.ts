import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { crossSiteWithout, crossSiteWithSession, ownOrigins } from "./cross-site.ts";

const OWN = ownOrigins("https://keys.example.com");

test("our pages are those of the public URL; on this machine alone by each of its names, at the same port", () => {
	deepEqual(ownOrigins("https://keys.example.com/prefix"), ["https://keys.example.com"]);
	deepEqual(ownOrigins("http://127.0.0.1:8787"), ["http://127.0.0.1:8787", "http://localhost:8787", "http://[::1]:8787"]);
	deepEqual(ownOrigins("https://localhost"), ["https://localhost"]);
});

test("a change with a session has to show that it comes from a page of ours", () => {
	const refused = [
		{},
		{ origin: "https://evil.example" },
		{ origin: "null" },
		{ origin: "" },
		{ origin: "https://keys.example.com.evil.example" },
		{ origin: "http://keys.example.com" },
		{ origin: "https://evil.example", "sec-fetch-site": "same-origin" },
		{ "sec-fetch-site": "same-site" },
		{ "sec-fetch-site": "cross-site" },
		{ "sec-fetch-site": "none" },
	];
	for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
		for (const headers of refused)
			equal(crossSiteWithSession(method, headers, OWN)?.code, "cross_site_request", `${method} ${JSON.stringify(headers)}`);
		for (const headers of [{ origin: "https://keys.example.com" }, { "sec-fetch-site": "same-origin" }])
			equal(crossSiteWithSession(method, headers, OWN), null);
	}
});

test("a read with a session is refused when it says that it is another site's", () => {
	equal(crossSiteWithSession("GET", { "sec-fetch-site": "cross-site" }, OWN)?.code, "cross_site_request");
	for (const headers of [{}, { "sec-fetch-site": "none" }, { "sec-fetch-site": "same-origin" }])
		equal(crossSiteWithSession("GET", headers, OWN), null);
});

test("what begins a session is refused from another site's page, and taken from who is no browser", () => {
	equal(crossSiteWithout("POST", { origin: "https://evil.example" }, OWN)?.code, "cross_site_request");
	equal(crossSiteWithout("POST", { "sec-fetch-site": "cross-site" }, OWN)?.code, "cross_site_request");
	for (const headers of [{}, { origin: "https://keys.example.com" }, { "sec-fetch-site": "same-origin" }])
		equal(crossSiteWithout("POST", headers, OWN), null);
	equal(crossSiteWithout("GET", { "sec-fetch-site": "cross-site" }, OWN), null, "a link from elsewhere leads here");
});
