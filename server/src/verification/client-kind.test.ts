import { equal } from "node:assert/strict";
import { test } from "node:test";
import { SERVER_CLIENTS } from "../../testing/client-headers.ts";
import { getClientKind } from "./client-kind.ts";

const nothing = { origin: null, sec_fetch_site: null, user_agent: null };

test("headers that only browsers send identify a browser, with any agent", () => {
	equal(getClientKind({ ...nothing, origin: "https://shop.example" }), "browser");
	equal(getClientKind({ ...nothing, origin: "null" }), "browser");
	equal(getClientKind({ ...nothing, sec_fetch_site: "cross-site", user_agent: "curl/8" }), "browser");
	equal(getClientKind({ ...nothing, sec_fetch_site: "", user_agent: "okhttp/4" }), "browser");
});

test("the agents of common app libraries identify an app", () => {
	for (const user_agent of ["Dalvik/2.1.0 (Linux; U; Android 14)", "Shop/7 CFNetwork/1494 Darwin/23", "Expo/2"]) {
		equal(getClientKind({ ...nothing, user_agent }), "app", user_agent);
	}
});

test("a library of apps that servers use as well is neither", () => {
	for (const user_agent of ["okhttp/4.12.0", "Dart/3.4 (dart:io)"]) equal(getClientKind({ ...nothing, user_agent }), "app_library", user_agent);
});

test("servers and command-line tools count as servers", () => {
	for (const user_agent of [null, "", "curl/8.5.0", "node", "python-requests/2.32", "Go-http-client/2.0", "axios/1.7", "Darty-bot/1"]) {
		equal(getClientKind({ ...nothing, user_agent }), "server", String(user_agent));
	}
});

test("the HTTP libraries of servers count as servers with all that they send by themselves", () => {
	for (const [name, lines] of Object.entries(SERVER_CLIENTS)) {
		const sent = new Map(lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 2)]));
		const [origin = null, sec_fetch_site = null, user_agent = null] = ["origin", "sec-fetch-site", "user-agent"].map((header) => sent.get(header));
		equal(getClientKind({ origin, sec_fetch_site, user_agent }), "server", name);
	}
});
