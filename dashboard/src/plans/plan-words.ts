/** What a limit on requests says. */
export interface RateLimit {
	readonly name: string;
	readonly requests: number;
	readonly window_seconds: number;
	readonly per: string;
}

const count = new Intl.NumberFormat("en");

/** "100 requests in 60 seconds for each key". */
export function rateLimitWords({ requests, window_seconds, per }: RateLimit): string {
	const what = `${count.format(requests)} ${requests === 1 ? "request" : "requests"}`;
	const when = window_seconds === 1 ? "a second" : `${count.format(window_seconds)} seconds`;
	return `${what} in ${when} ${per === "tenant" ? "for all keys together" : "for each key"}`;
}

const CAPABILITIES: Readonly<Record<string, { readonly name: string; readonly means: string }>> = {
	m2m_api: { name: "API access", means: "Keys for your own programs" },
	documents: { name: "Documents", means: "Store and read documents at your sites" },
};

export interface PermissionOfPlan {
	readonly name: string;
	readonly description: string;
	readonly capability: string;
	readonly included: boolean;
}

export interface Included {
	readonly id: string;
	readonly name: string;
	/** What it is for; null where nothing is known of it but its name. */
	readonly means: string | null;
	readonly permissions: readonly PermissionOfPlan[];
}

/** What the plan includes, each with what keys may do by it; one that is the operator's own is told by its name. */
export function includedOf(capabilities: readonly string[], permissions: readonly PermissionOfPlan[]): Included[] {
	return capabilities.map((id) => {
		const words = CAPABILITIES[id];
		return {
			id,
			name: words?.name ?? nameFrom(id),
			means: words?.means ?? null,
			permissions: permissions.filter((permission) => permission.capability === id && permission.included),
		};
	});
}

/** `advanced_reports` is "Advanced reports". */
function nameFrom(id: string): string {
	const words = id.replaceAll("_", " ");
	return words.charAt(0).toUpperCase() + words.slice(1);
}
