import type { SecretVersion } from "../key.ts";

/** Where a secret was seen and must not be; `reported` by a finder. */
export const EXPOSURE_KINDS = ["browser", "app", "url", "body", "cookie", "authorization", "plain_http", "reported"] as const;
export type ExposureKind = (typeof EXPOSURE_KINDS)[number];

/** Who reported a secret as found: anyone who sent it whole, or a code host, which signs its reports. */
export const REPORTERS = ["anyone", "code_host"] as const;
export type Reporter = (typeof REPORTERS)[number];

/** What a report did. `shortened`: the secret was being replaced and ends sooner; `none`: it had ended. */
export const REPORT_OUTCOMES = ["revoked", "rotated", "shortened", "none"] as const;
export type ReportOutcome = (typeof REPORT_OUTCOMES)[number];

/** Guarantee: a check constraint limits the column to these values. */
export function asReporter(text: string): Reporter {
	return text as Reporter;
}

/** Guarantee: a check constraint limits the column to these values. */
export function asReportOutcome(text: string): ReportOutcome {
	return text as ReportOutcome;
}

/** All requests that exposed one secret in one way. */
export interface Exposure {
	readonly kid: string;
	readonly kind: ExposureKind;
	readonly first_at: Date;
	readonly last_at: Date;
	readonly requests: number;
	/** Of the latest request; null if it has none. */
	readonly source_id: string | null;
	/** Its network and program, also where a refused request is in no list of clients; null if unknown, or from before this was stored. */
	readonly network: string | null;
	readonly source: string | null;
	/** Of `reported`: where the secret was found, the latest last. Texts of finders, to be shown as text only. */
	readonly urls?: readonly string[];
}

/** Since when a secret that has not been replaced is exposed; null if none is. */
export function exposedAt(
	exposures: readonly Exposure[],
	secrets: readonly Pick<SecretVersion, "kid" | "retired_at" | "retires_at">[],
	now: number,
): Date | null {
	const replaced = new Set(
		secrets.filter(({ retired_at, retires_at }) => retired_at !== null || (retires_at !== null && retires_at.getTime() <= now)).map(({ kid }) => kid),
	);
	const times = exposures.filter(({ kid }) => !replaced.has(kid)).map(({ first_at }) => first_at.getTime());
	return times.length === 0 ? null : new Date(Math.min(...times));
}
