import type { ReadTx } from "../database/transaction.ts";
import { type ForwardAuthRule, holdsForMethod } from "../forward-auth/rule.ts";
import { readRules } from "../forward-auth/store.ts";
import { readOperation } from "../verification/operation.ts";
import type { CountedOperation, OperationNeeds } from "./facts.ts";

const NOTHING: OperationNeeds = { permissions: [], capabilities: [], more: false };
const UNCERTAIN: OperationNeeds = { ...NOTHING, more: true };
/** Other methods than those that are counted. */
const OTHER_METHOD = "OTHER";
/** Operations of the forward-auth endpoint without rules. */
const ANY_KEY = "forward-auth";

/** Which permission each keyed route needs, by its operation: `GET /api/v1/m2m/whoami` → null for none. */
export type KeyedOperations = ReadonlyMap<string, string | null>;

export function keyedOperations(
	routes: readonly { readonly method: string; readonly path: string; readonly permission?: string }[],
): KeyedOperations {
	return new Map(routes.map(({ method, path, permission }) => [`${method} ${path}`, permission ?? null]));
}

/** What operations need, by the routes, by the forward-auth rules of now, and by what operations of `POST /verify` name. */
export interface Needs {
	/** Null for an operation that is not known any more. */
	readonly needsOf: (use: CountedOperation) => OperationNeeds | null;
	/** The day (UTC) on which the rules last changed: what they needed until then is not known. Null: never. */
	readonly rules_changed_on: string | null;
}

export async function readNeeds(tx: ReadTx, keyed: KeyedOperations): Promise<Needs> {
	const { rules, updated_at } = await readRules(tx);
	const by_pattern = Map.groupBy(rules, ({ pattern }) => pattern);
	const needsOf: Needs["needsOf"] = ({ operation, names_all, rules_hold }) => {
		if (operation === ANY_KEY) return NOTHING;
		const permission = keyed.get(operation);
		if (permission !== undefined) return permission === null ? NOTHING : { ...NOTHING, permissions: [permission] };
		const space = operation.indexOf(" ");
		const [method, subject] = [operation.slice(0, space), operation.slice(space + 1)];
		if (!subject.startsWith("/")) return ofQuestion(operation, names_all);
		return rules_hold ? ofRules(by_pattern.get(subject), method) : UNCERTAIN;
	};
	return { needsOf, rules_changed_on: updated_at?.toISOString().slice(0, 10) ?? null };
}

function ofQuestion(operation: string, names_all: boolean): OperationNeeds {
	const { permissions, capability, is_cut } = readOperation(operation);
	return { permissions, capabilities: capability === null ? [] : [capability], more: is_cut || !names_all };
}

/** Rules with one pattern differ by method: what all of those for this method need is certain. */
function ofRules(rules: readonly ForwardAuthRule[] | undefined, method: string): OperationNeeds | null {
	const possible = rules?.filter((rule) => method === OTHER_METHOD || holdsForMethod(rule, method)) ?? [];
	const [first, ...others] = possible;
	if (first === undefined) return null;
	const permissions = first.permissions.filter((permission) => others.every((other) => other.permissions.includes(permission)));
	const capabilities = first.capability !== null && others.every(({ capability }) => capability === first.capability) ? [first.capability] : [];
	const more = possible.some((rule) => rule.permissions.length > permissions.length || (rule.capability !== null && capabilities.length === 0));
	return { permissions, capabilities, more };
}
