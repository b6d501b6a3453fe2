/** Order matters: Edge and Opera also name Chrome, and Chrome also names Safari. */
const BROWSERS: readonly (readonly [RegExp, string])[] = [
	[/\bEdg(e|A|iOS)?\//, "Edge"],
	[/\bOPR\//, "Opera"],
	[/\b(Firefox|FxiOS)\//, "Firefox"],
	[/\bSamsungBrowser\//, "Samsung Internet"],
	[/\b(HeadlessChrome|Chrome|CriOS)\//, "Chrome"],
	[/\bSafari\//, "Safari"],
];
/** Android also names Linux, and an iPhone also names Mac OS X. */
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
	[/\biPhone\b/, "iPhone"],
	[/\biPad\b/, "iPad"],
	[/\bAndroid\b/, "Android"],
	[/\bWindows\b/, "Windows"],
	[/\bCrOS\b/, "ChromeOS"],
	[/\bMac OS X\b/, "macOS"],
	[/\bLinux\b/, "Linux"],
];

function find(user_agent: string, names: readonly (readonly [RegExp, string])[]): string | undefined {
	return names.find(([pattern]) => pattern.test(user_agent))?.[1];
}

/** A browser by the `User-Agent` that it sent, such as "Firefox on Windows". The header is what the browser says of itself, and may be untrue. */
export function formatBrowser(user_agent: string | null): string {
	const browser = find(user_agent ?? "", BROWSERS) ?? "Another program";
	const system = find(user_agent ?? "", SYSTEMS);
	return system === undefined ? browser : `${browser} on ${system}`;
}
