import type { ReadTx } from "../database/transaction.ts";
import { readRules } from "../forward-auth/store.ts";
import type { OperationNeeds } from "./facts.ts";

const NOTHING: OperationNeeds = { permissions: [], more: false };
/** Operations of `POST /verify` name the first permission of a question, or this where it had none (verification/verify.ts). */
const NO_PERMISSION = "verify";
/** Operations of the forward-auth endpoint without rules. */
const ANY_KEY = "forward-auth";

/** Which permission each keyed route needs, by its operation: `GET /api/v1/m2m/whoami` → null for none. */
export type KeyedOperations = ReadonlyMap<string, string | null>;

export function keyedOperations(
	routes: readonly { readonly method: string; readonly path: string; readonly permission?: string }[],
): KeyedOperations {
	return new Map(routes.map(({ method, path, permission }) => [`${method} ${path}`, permission ?? null]));
}

/** Which permissions operations need, by the routes and by the forward-auth rules of now. */
export async function readNeeds(tx: ReadTx, keyed: KeyedOperations): Promise<(operation: string) => OperationNeeds | null> {
	const { rules } = await readRules(tx);
	const by_pattern = new Map<string, Set<string>[]>();
	for (const { pattern, permissions } of rules) by_pattern.set(pattern, [...(by_pattern.get(pattern) ?? []), new Set(permissions)]);
	return (operation) => {
		if (operation === ANY_KEY) return NOTHING;
		const permission = keyed.get(operation);
		if (permission !== undefined) return permission === null ? NOTHING : { permissions: [permission], more: false };
		const subject = operation.slice(operation.indexOf(" ") + 1);
		if (subject === NO_PERMISSION) return NOTHING;
		if (!subject.startsWith("/")) return { permissions: [subject], more: true };
		return ofRules(by_pattern.get(subject));
	};
}

/** Rules with one pattern differ by method, which an operation may not name: only what all of them need is certain. */
function ofRules(rules: readonly ReadonlySet<string>[] | undefined): OperationNeeds | null {
	const [first, ...others] = rules ?? [];
	if (first === undefined) return null;
	const certain = [...first].filter((permission) => others.every((other) => other.has(permission)));
	return { permissions: certain, more: [first, ...others].some((rule) => rule.size > certain.length) };
}
