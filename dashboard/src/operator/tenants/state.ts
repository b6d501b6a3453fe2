import type { Meaning } from "../../ui/theme.ts";

/** The fields of a tenant that its state in the list depends on. */
export interface TenantFigures {
	readonly status: "active" | "suspended";
	readonly has_api: boolean;
	readonly keys: number;
	readonly ever_called: boolean;
	readonly quota: { readonly requests: number; readonly used: number } | null;
}

export interface TenantState {
	readonly meaning: Meaning;
	readonly text: string;
	/** Whether a person has to act: the text is coloured then. */
	readonly acts: boolean;
}

const QUOTA_NEAR_SHARE = 0.8;
const PERCENT = 100;

/** The state in a tenant's row: the most urgent one that applies. */
export function getState({ status, has_api, keys, ever_called, quota }: TenantFigures): TenantState {
	if (status === "suspended") return { meaning: "ended", text: "Suspended", acts: true };
	const share = quota === null ? 0 : quota.requests === 0 ? 1 : quota.used / quota.requests;
	if (quota !== null && share >= 1) return { meaning: "ended", text: "Quota used up", acts: true };
	if (share >= QUOTA_NEAR_SHARE) return { meaning: "attention", text: `Quota at ${Math.floor(share * PERCENT)} %`, acts: true };
	if (!has_api) return { meaning: "resting", text: "No API in plan", acts: false };
	if (keys === 0) return { meaning: "coming", text: "No key yet", acts: false };
	if (!ever_called) return { meaning: "coming", text: "No call yet", acts: false };
	return { meaning: "good", text: "Active", acts: false };
}
