const KEYWRIGHT_IN_RECIPE = "127.0.0.1:8787";

/** The nginx recipe with this instance's address. Behind TLS it keeps the default address, because only the operator knows the internal one. */
export function nginxFor(recipe: string, address: string): string {
	if (!URL.canParse(address)) return recipe;
	const { protocol, host } = new URL(address);
	return protocol === "http:" ? recipe.replaceAll(KEYWRIGHT_IN_RECIPE, host) : recipe;
}
