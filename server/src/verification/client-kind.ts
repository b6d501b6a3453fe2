/** Where a request seems to come from, by what browsers and apps send of themselves. Pure. */
export type ClientKind = "server" | "browser" | "app";

const APP_AGENT = /\b(?:okhttp|Dalvik|CFNetwork|Alamofire|Dart\/|ReactNative|Expo)\b/i;

/**
 * `Origin` and `Sec-Fetch-Site` are sent by browsers alone (Fetch Metadata; Node's own fetch sends only Sec-Fetch-Mode); apps are known by
 * the agents of their usual HTTP libraries. Whoever wants to hide can: this finds mistakes, it stops no attacker.
 */
export function clientKindOf(facts: { origin: string | null; sec_fetch_site: string | null; user_agent: string | null }): ClientKind {
	if (facts.sec_fetch_site !== null || facts.origin !== null) return "browser";
	return facts.user_agent !== null && APP_AGENT.test(facts.user_agent) ? "app" : "server";
}
