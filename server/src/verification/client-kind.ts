/** The apparent kind of client, by the headers that browsers and apps send. */
export type ClientKind = "server" | "browser" | "app";

const APP_AGENT = /\b(?:okhttp|Dalvik|CFNetwork|Alamofire|Dart\/|ReactNative|Expo)\b/i;

/**
 * Only browsers send `Origin` and `Sec-Fetch-Site` (Fetch Metadata; Node's fetch sends only Sec-Fetch-Mode). Apps are recognized by the
 * agents of common HTTP libraries. Clients can hide: this detects mistakes and is no defence against attackers.
 */
export function clientKindOf(facts: { origin: string | null; sec_fetch_site: string | null; user_agent: string | null }): ClientKind {
	if (facts.sec_fetch_site !== null || facts.origin !== null) return "browser";
	return facts.user_agent !== null && APP_AGENT.test(facts.user_agent) ? "app" : "server";
}
