import { join } from "node:path";
import type { Config } from "../config.ts";
import type { Demo } from "./demo.ts";

export interface BannerFacts {
	readonly config: Config;
	readonly address: string;
	readonly data_dir: string;
	readonly embedded: boolean;
	readonly demo: Demo | null;
	/** The secrets that were generated into the data folder because the environment has none. */
	readonly generated: { readonly pepper: boolean; readonly token: boolean };
}

/** The text on standard error after a start: the address, a sample request, what to back up. */
export function banner(facts: BannerFacts): string {
	const { address, data_dir, demo, generated } = facts;
	const lines = [`Keywright is up at ${address}`];
	if (demo) {
		lines.push(
			"",
			`  tenant        ${demo.tenant_id}   (plan ${demo.plan_id}; sites ${demo.site_ids.join(", ")})`,
			`  without M2M   ${demo.other_tenant_id}   (its plan does not include API access)`,
		);
		if (demo.raw_key === null) {
			lines.push("  key           created and shown at an earlier start; create another with the operator token");
		} else {
			lines.push("", "  Try it:", "", `  curl -s -H 'X-API-Key: ${demo.raw_key}' \\`, `    ${address}/api/v1/m2m/tenants/${demo.tenant_id}/limits`);
		}
	}
	const page = demo?.owner_token ? `join#${demo.owner_token}` : "sign-in";
	lines.push("", `  Open the dashboard: ${facts.config.public_url}/${page}`);
	if (demo?.owner_token) lines.push("  (this link makes the person who opens it the owner of the demo tenant and an operator of this instance)");
	lines.push("");
	if (generated.token) lines.push(`  operator token  in ${join(data_dir, "operator_token")}`);
	if (generated.pepper)
		lines.push(
			`  Back up the database${facts.embedded ? ` (${join(data_dir, "postgres")})` : ""} and the pepper (${join(data_dir, "pepper")}): without the pepper no key works.`,
		);
	lines.push("  Ctrl-C stops it.", "");
	return `\n${lines.join("\n")}\n`;
}
