import { ApiError } from "../core/error.ts";
import { parseAddress } from "../core/network.ts";
import type { SecretTest } from "../core/secret-text.ts";
import type { Verifier } from "../verification/verifier.ts";
import type { CodeHost } from "./code-host.ts";
import type { ReportParts } from "./gate.ts";
import type { ReportQueue } from "./queue.ts";
import { toUrlText } from "./report.ts";
import type { LeakReportInput } from "./schema.ts";

const RETRY_AFTER_SECONDS = 60;

export interface ReportContext extends ReportParts {
	readonly verifier: Pick<Verifier, "sources">;
	readonly code_hosts: CodeHost;
	readonly reports: ReportQueue;
	readonly holds_secret: SecretTest;
}

/**
 * Takes reports of keys that were found, from anyone (`keys`) or from a code host (`matches`, signed). What was sent is counted and looked up later, so that
 * live, dead and invented keys get the same response in the same time. 400 `invalid_request`; 401 `credential_invalid` for a missing or wrong signature;
 * 503 `unavailable` while too many wait.
 */
export async function receiveReports(context: ReportContext, input: LeakReportInput): Promise<{ received: number }> {
	const { anonymous, user_agent, holds_secret } = context;
	const { keys, matches } = input;
	if ((keys === undefined) === (matches === undefined))
		throw new ApiError("invalid_request", "Send an object with `keys`, or the array of a code host as the whole body.", {
			errors: [{ pointer: "/keys", detail: "is required" }],
		});
	const signed = matches !== undefined || context.signature !== null;
	if (signed) await context.code_hosts.assertSigned(context.body.bytes, context.signature);
	const found = keys ?? (matches ?? []).map(({ token, url }) => ({ raw_key: token, ...(url === undefined ? {} : { url }) }));
	const address = parseAddress(anonymous.address ?? "");
	const source = context.verifier.sources.find(address, user_agent, null);
	const by = { reporter: signed ? "code_host" : "anyone", address, source, request_id: context.request_id } as const;
	const reports = found.map(({ raw_key, url }) => ({ raw_key, url: toUrlText(url, holds_secret), ...by, attempts: 0 }));
	if (!context.reports.add(reports))
		throw new ApiError("unavailable", "Too many reports wait to be looked up. Send this one again later.", {
			retry_after_seconds: RETRY_AFTER_SECONDS,
		});
	return { received: reports.length };
}
