import type { ApiKey } from "./queries.ts";

type Secret = Pick<ApiKey["secrets"][number], "kid" | "last4" | "status" | "created_at" | "retires_at">;

/** A source that still presents an ended secret. */
export interface DeadUse {
	readonly kid: string;
	readonly source_id: string;
	readonly name: string | null;
	readonly network: string;
	readonly agent: string;
	readonly client: string | null;
	readonly first_seen_at: string;
	readonly last_seen_at: string;
	readonly requests: number;
	readonly requests_today: number;
}

export type DeadKind = "revoked" | "expired" | "replaced" | "withdrawn";

/** One ended secret with the sources that still present it. */
export interface DeadSecret {
	readonly kid: string;
	readonly kind: DeadKind;
	readonly last4: string;
	readonly uses: readonly DeadUse[];
}

interface KeyOfSecrets {
	readonly status: ApiKey["status"];
	readonly expires_at: ApiKey["expires_at"];
	readonly secrets: readonly Secret[];
}

/** How a secret ended; null for one that works (again). Revoking a key ends all of its secrets. */
function getKind(kid: string, key: KeyOfSecrets): DeadKind | null {
	if (key.status === "revoked") return "revoked";
	const secret = key.secrets.find((candidate) => candidate.kid === kid);
	if (secret === undefined) return "replaced";
	if (secret.status !== "retired") return null;
	if (key.status === "expired" && secret.retires_at === key.expires_at) return "expired";
	const successor = key.secrets.some((other) => Date.parse(other.created_at) > Date.parse(secret.created_at));
	return successor ? "replaced" : "withdrawn";
}

/** Groups uses by ended secret, the latest first; `dead` must be sorted by latest use first. */
export function getDeadSecrets(dead: readonly DeadUse[], key: KeyOfSecrets): readonly DeadSecret[] {
	return [...new Set(dead.map((use) => use.kid))].flatMap((kid) => {
		const kind = getKind(kid, key);
		const last4 = key.secrets.find((secret) => secret.kid === kid)?.last4 ?? "";
		return kind === null ? [] : [{ kid, kind, last4, uses: dead.filter((use) => use.kid === kid) }];
	});
}

/** Whether an ended key was presented within these hours. */
export function isStillPresented({ status }: Pick<ApiKey, "status">, hours: readonly { readonly ended: number }[]): boolean {
	return (status === "revoked" || status === "expired") && hours.some((hour) => hour.ended > 0);
}

const TITLES: Readonly<Record<DeadKind, string>> = { revoked: "Revoked", expired: "Expired", replaced: "Replaced", withdrawn: "Taken back" };

export function deadTitle(kind: DeadKind): string {
	return TITLES[kind];
}

/** What to do about sources that present it; `live4`: last four of the secret that works, null if none does. */
export function formatDeadHint(kind: DeadKind, live4: string | null): string {
	const works = live4 === null ? "the key that works" : `the new key ${live4}`;
	if (kind === "replaced") return `It was replaced, and these clients still use the old one. Give them ${works}, or stop them.`;
	if (kind === "withdrawn") {
		return `It was to replace the key, which was cancelled. Give these clients ${live4 === null ? works : `the key that works, ${live4}`}, or stop them.`;
	}
	if (kind === "expired") return "It has expired. Give this key a later end and these clients work again; or stop them.";
	return "It stays refused. Take it out of these clients, or give them a key of their own. If you do not know a client, the key has leaked: find out how it got there.";
}

const count = new Intl.NumberFormat("en");

/** "14 times today", "once today", "not today". */
export function formatToday(requests_today: number): string {
	if (requests_today === 0) return "Not today";
	return requests_today === 1 ? "Once today" : `${count.format(requests_today)} times today`;
}

/** "230 times in all"; null where today was all. */
export function formatInAll({ requests, requests_today }: Pick<DeadUse, "requests" | "requests_today">): string | null {
	if (requests === requests_today) return null;
	return requests === 1 ? "Once in all" : `${count.format(requests)} times in all`;
}
