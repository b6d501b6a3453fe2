import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { cookieLine, cookieValues, getCookieRules, holdsSessionCookie } from "./session-cookies.ts";

test("over HTTPS the cookies are of this host alone and of no plain connection; over plain HTTP a browser would not keep such ones", () => {
	const https = getCookieRules("https://keys.example.com");
	equal(cookieLine(https, https.names.portal, "v", 60), "__Host-kw_portal=v; Max-Age=60; Path=/; HttpOnly; SameSite=Lax; Secure");
	match(https.brief_name, /^__Host-/);
	const http = getCookieRules("http://127.0.0.1:8787");
	equal(cookieLine(http, http.names.member, "", 0), "kw_session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax");
});

test("a session's cookie is found at any position, in either form, and nothing else is accepted as one", () => {
	for (const header of ["kw_session=a", "x=1; kw_portal=b", "x=1;__Host-kw_session=c", "__Host-kw_portal=", "a=b;\tkw_session=1"])
		ok(holdsSessionCookie(header), header);
	for (const header of ["", "session=a", "my_kw_session=a", "x=kw_session=a", "kw_session", "kw_sessions=a", "kw_brief=1"])
		ok(!holdsSessionCookie(header), header);
});

test("every value of a name is seen, so that two are never taken for one", () => {
	deepEqual(cookieValues("kw_session=a; x=1; kw_session=b=c", "kw_session"), ["a", "b=c"]);
	deepEqual(cookieValues("__Host-kw_session=a", "kw_session"), []);
});
