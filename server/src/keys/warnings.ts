import type { AutoRotate } from "./key.ts";
import type { Environment } from "./secrets/format.ts";

export const WARNING_CODES = ["name_vague", "name_duplicate", "never_replaced", "cannot_rotate_itself"] as const;
export type WarningCode = (typeof WARNING_CODES)[number];

/** A valid but risky setting. `detail` says what to do. */
export interface Warning {
	code: WarningCode;
	detail: string;
}

const SELF_ROTATION = "key:rotate";
const NAME_CHARACTERS_MIN = 3;
const SUGGESTED_CHARACTERS_MAX = 40;
/** Words that do not describe a key's purpose, alone or combined. */
const VAGUE_WORDS = new Set(
	(
		"a an the my our your this that for of to new old first second other another key keys apikey api token secret access default main test tests testing tester tmp temp " +
		"temporary demo example sample untitled unnamed noname name none null undefined todo foo bar baz qux abc xyz asd asdf asdfgh qwe qwer qwerty " +
		"prod production live staging stage dev development sandbox local copy misc stuff thing something whatever bot app"
	).split(" "),
);

/** Whether a name does not describe the key's purpose. */
export function isVague(name: string): boolean {
	const words = name.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
	if ([...words.join("")].length < NAME_CHARACTERS_MIN) return true;
	return words.every((word) => /^\p{N}+$/u.test(word) || VAGUE_WORDS.has(word.replace(/\p{N}+$/u, "")) || /^(.)\1*$/u.test(word));
}

/** The recommended name: environment and integration, such as `prod-order-bot`. */
function suggestedName(environment: Environment, integration: string | null): string {
	const slug = (integration ?? "")
		.toLowerCase()
		.replace(/[^a-z0-9]+/g, "-")
		.slice(0, SUGGESTED_CHARACTERS_MAX)
		.replace(/^-+|-+$/g, "");
	return slug.startsWith(`${environment}-`) ? slug : `${environment}-${slug === "" ? "order-bot" : slug}`;
}

/** Warnings for the creator of a key. */
export function getWarnings(key: {
	name: string;
	environment: Environment;
	integration: string | null;
	expires_at: Date | null;
	rotate_every_days: number | null;
	auto_rotate: AutoRotate | null;
	permissions: readonly string[];
	canary?: boolean;
	/** A live key of the tenant has this name already. */
	name_taken: boolean;
}): Warning[] {
	const pattern = `Combine environment and integration, such as "${suggestedName(key.environment, key.integration)}".`;
	const warnings: Warning[] = [];
	if (isVague(key.name))
		warnings.push({
			code: "name_vague",
			detail: `The name does not say what uses this key, which makes it hard to revoke safely. ${pattern}`,
		});
	if (key.name_taken)
		warnings.push({
			code: "name_duplicate",
			detail: `Another live key of this tenant has the same name. Rename one of them, so that the wrong one is not revoked. ${pattern}`,
		});
	if (!key.canary && key.environment === "prod" && key.expires_at === null && key.rotate_every_days === null) {
		warnings.push({
			code: "never_replaced",
			detail: "This production key has neither an expiry date nor a rotation period: set rotate_every_days or expires_at.",
		});
	}
	if (key.auto_rotate === "self" && !key.permissions.includes(SELF_ROTATION)) {
		warnings.push({
			code: "cannot_rotate_itself",
			detail: `The program is to replace this key itself, which needs the permission ${SELF_ROTATION}: add it, or set auto_rotate to another value.`,
		});
	}
	return warnings;
}
