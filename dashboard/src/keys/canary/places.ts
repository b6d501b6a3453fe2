import { envLine } from "../snippets/snippets.ts";

/** A place where only a thief or a careless program finds a key. */
export interface CanaryPlace {
	readonly id: "secret_manager" | "repository" | "wiki";
	readonly title: string;
	/** What a name in this place looks like. */
	readonly name: string;
	readonly where: string;
	/** The line to put there, with the raw key. */
	readonly line: (product_name: string, raw_key: string) => string;
}

export const CANARY_PLACES: readonly CanaryPlace[] = [
	{
		id: "secret_manager",
		title: "A secret manager",
		name: "prod-billing-sync",
		where: "Store it as a secret beside your real ones, and let no program read it.",
		line: (product_name, raw_key) => envLine(product_name, raw_key).trimEnd(),
	},
	{
		id: "repository",
		title: "A repository",
		name: "prod-deploy-script",
		where: "Commit it in a file such as .env.production, where a search for keys finds it.",
		line: (product_name, raw_key) => `# production, do not rotate\n${envLine(product_name, raw_key).trimEnd()}`,
	},
	{
		id: "wiki",
		title: "A wiki",
		name: "prod-admin-export",
		where: "Put it on a page about operations, or in a ticket that many people can read.",
		line: (product_name, raw_key) => `${product_name} API, production: X-API-Key: ${raw_key}`,
	},
];

/** The name of a place, with a number where a live key has it already. */
export function getFreeName(name: string, taken: readonly string[]): string {
	const names = new Set(taken);
	for (let number = 1; ; number += 1) {
		const free = number === 1 ? name : `${name}-${number}`;
		if (!names.has(free)) return free;
	}
}
