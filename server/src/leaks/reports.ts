import { randomInt } from "node:crypto";
import { ALL_TENANTS } from "../core/context.ts";
import type { DatabaseContext } from "../database/database.ts";
import { read } from "../database/transaction.ts";
import { type Page, type PageRequest, toPage, windowByTime } from "../http/input/cursor.ts";
import { readReports, type StoredReport } from "../keys/exposures/report-store.ts";
import { makeRawKey, newKid, newSecret, TAIL_CHARACTERS } from "../keys/secrets/format.ts";
import type { ProfileContext } from "../plans/profile/live.ts";
import type { CodeHostSettings } from "./code-host.ts";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** The keys of all tenants that were reported with their whole secret, the latest first. */
export async function listReports(context: DatabaseContext, input: PageRequest): Promise<Page<StoredReport>> {
	const window = windowByTime(input);
	const rows = await read({ database: context.database, scope: ALL_TENANTS }, (tx) => readReports(tx, window));
	return toPage(rows, window, (report) => [report.last_at, report.kid]);
}

export interface Programme {
	readonly expression: string;
	readonly report_url: string;
	readonly status_url: string;
	readonly samples: string[];
	readonly code_host_keys: "none" | "configured" | "fetched";
}

/** What an operator enters to have the keys of this instance searched for by a code host. The samples are new each time and are no keys. */
export function getProgramme(context: ProfileContext & { readonly key_brand: string; readonly code_host: CodeHostSettings | null }): Programme {
	const { key_brand: brand, code_host, profile } = context;
	const samples = (["prod", "staging", "dev"] as const).map((environment) =>
		withWrongChecksum(makeRawKey({ brand, environment, kid: newKid(), secret: newSecret() })),
	);
	return {
		expression: `${brand}_(prod|staging|dev)_[0-9A-Za-z]{${TAIL_CHARACTERS}}`,
		report_url: `${profile.public_url}/api/v1/leak-reports`,
		status_url: `${profile.public_url}/api/v1/key-status`,
		samples,
		code_host_keys: code_host === null ? "none" : "keys" in code_host ? "configured" : "fetched",
	};
}

function withWrongChecksum(raw_key: string): string {
	const last = ALPHABET.indexOf(raw_key.at(-1) ?? "");
	return raw_key.slice(0, -1) + ALPHABET.charAt((last + 1 + randomInt(ALPHABET.length - 1)) % ALPHABET.length);
}
