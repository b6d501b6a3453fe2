import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { crossSiteWithout, crossSiteWithSession, ownOrigins } from "./cross-site.ts";

const OWN = ownOrigins("https://keys.example.com");

test("own origins are that of the public URL and, for a loopback URL, every loopback name at the same port", () => {
	deepEqual(ownOrigins("https://keys.example.com/prefix"), ["https://keys.example.com"]);
	deepEqual(ownOrigins("http://127.0.0.1:8787"), ["http://127.0.0.1:8787", "http://localhost:8787", "http://[::1]:8787"]);
	deepEqual(ownOrigins("https://localhost"), ["https://localhost"]);
});

test("a write with a session must come from an own origin", () => {
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

test("a read with a session is refused when Sec-Fetch-Site is cross-site", () => {
	equal(crossSiteWithSession("GET", { "sec-fetch-site": "cross-site" }, OWN)?.code, "cross_site_request");
	for (const headers of [{}, { "sec-fetch-site": "none" }, { "sec-fetch-site": "same-origin" }])
		equal(crossSiteWithSession("GET", headers, OWN), null);
});

test("a request that may begin a session is refused from another site and accepted from clients that are not browsers", () => {
	equal(crossSiteWithout("POST", { origin: "https://evil.example" }, OWN)?.code, "cross_site_request");
	equal(crossSiteWithout("POST", { "sec-fetch-site": "cross-site" }, OWN)?.code, "cross_site_request");
	for (const headers of [{}, { origin: "https://keys.example.com" }, { "sec-fetch-site": "same-origin" }])
		equal(crossSiteWithout("POST", headers, OWN), null);
	equal(crossSiteWithout("GET", { "sec-fetch-site": "cross-site" }, OWN), null, "a link from elsewhere leads here");
});
