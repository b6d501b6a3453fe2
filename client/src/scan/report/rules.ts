import { CHARACTERS, type KeyFormat } from "../search/formats.ts";
import { BODY_CHARACTERS, BRAND_CHARACTERS_MAX, ENVIRONMENTS } from "../search/raw-key.ts";

export const RULE_TOOLS = ["gitleaks", "secretlint"] as const;
export type RuleTool = (typeof RULE_TOOLS)[number];

interface Pattern {
	readonly name: string;
	readonly title: string;
	/** In the syntax that Go and JavaScript share. */
	readonly regex: string;
	/** What gitleaks looks for before it tries the expression. */
	readonly keywords: readonly string[];
}

const BODY = `[0-9A-Za-z]{${BODY_CHARACTERS}}`;
const ANY_ENVIRONMENT = `(?:${ENVIRONMENTS.join("|")})`;

/** Configuration that finds the shape of keys with another tool, which does not verify checksums. */
export function formatRules(tool: RuleTool, formats: readonly KeyFormat[]): string {
	const patterns = [
		...toPatterns(formats),
		{ name: "service-credential", title: "Service credential", regex: `\\bkws_${BODY}\\b`, keywords: ["kws_"] },
	];
	return tool === "gitleaks" ? patterns.map(toGitleaks).join("\n") : toSecretlint(patterns);
}

function toPatterns(formats: readonly KeyFormat[]): Pattern[] {
	if (formats.length > 0) return formats.map(toPattern);
	const regex = `\\b[a-z][a-z0-9_]{0,${BRAND_CHARACTERS_MAX - 1}}_${ANY_ENVIRONMENT}_${BODY}\\b`;
	return [{ name: "api-key", title: "API key", regex, keywords: ENVIRONMENTS.map((environment) => `_${environment}_`) }];
}

function toPattern({ kind, name, prefix, alphabet, length_min, length_max, environments }: KeyFormat): Pattern {
	const environment = environments === null ? "" : `(?:${environments.join("|")})_`;
	const before = /^\w/.test(prefix) ? "\\b" : "";
	const after = alphabet === "printable" || alphabet === "base64url" ? "" : "\\b";
	const length = length_min === length_max ? `${length_min}` : `${length_min},${length_max}`;
	const regex = `${before}${escapeRegex(prefix)}${environment}[${CHARACTERS[alphabet]}]{${length}}${after}`;
	return { name: kind === "own" ? `${name}-api-key` : name, title: kind === "own" ? "API key" : `Imported key (${name})`, regex, keywords: [prefix] };
}

function escapeRegex(text: string): string {
	return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}

/** A rule of `.gitleaks.toml`; JSON strings are basic strings of TOML. */
function toGitleaks({ name, title, regex, keywords }: Pattern): string {
	return [
		"[[rules]]",
		`id = ${JSON.stringify(name)}`,
		`description = ${JSON.stringify(title)}`,
		`regex = ${JSON.stringify(regex)}`,
		`keywords = ${JSON.stringify(keywords.map((keyword) => keyword.toLowerCase()))}`,
		"",
	].join("\n");
}

/** `.secretlintrc.json` for `@secretlint/secretlint-rule-pattern`. */
function toSecretlint(patterns: readonly Pattern[]): string {
	const rule = {
		id: "@secretlint/secretlint-rule-pattern",
		options: { patterns: patterns.map(({ title, regex }) => ({ name: title, patterns: [`/${regex}/g`] })) },
	};
	return `${JSON.stringify({ rules: [rule] }, null, 2)}\n`;
}
