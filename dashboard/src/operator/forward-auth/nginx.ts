const KEYWRIGHT_IN_RECIPE = "127.0.0.1:8787";

/** The recipe for nginx with the address of this instance, where nginx can reach it by that; behind TLS the operator knows the inner one. */
export function nginxFor(recipe: string, address: string): string {
	if (!URL.canParse(address)) return recipe;
	const { protocol, host } = new URL(address);
	return protocol === "http:" ? recipe.replaceAll(KEYWRIGHT_IN_RECIPE, host) : recipe;
}
