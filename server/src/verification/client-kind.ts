/** The apparent kind of client, by the headers that browsers and apps send. `app_library`: an app, or a server that uses the same library. */
export type ClientKind = "server" | "browser" | "app" | "app_library";

const APP_AGENT = /\b(?:Dalvik|CFNetwork|Alamofire|ReactNative|Expo)\b/i;
/** HTTP libraries of apps that servers use as well. */
const APP_LIBRARY_AGENT = /\b(?:okhttp\b|Dart\/)/i;

/**
 * Only browsers send `Origin` and `Sec-Fetch-Site` (Fetch Metadata; Node's fetch sends only Sec-Fetch-Mode). Apps are recognized by the
 * agents of common HTTP libraries. Clients can hide: this detects mistakes and is no defence against attackers.
 */
export function getClientKind(facts: { origin: string | null; sec_fetch_site: string | null; user_agent: string | null }): ClientKind {
	if (facts.sec_fetch_site !== null || facts.origin !== null) return "browser";
	if (facts.user_agent === null) return "server";
	if (APP_AGENT.test(facts.user_agent)) return "app";
	return APP_LIBRARY_AGENT.test(facts.user_agent) ? "app_library" : "server";
}
