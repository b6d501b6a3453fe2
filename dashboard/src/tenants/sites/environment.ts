import { ENVIRONMENT_WORDS, ENVIRONMENTS, type Environment } from "../../keys/words.ts";

/** In place of null, which a choice cannot hold. */
export const ANY = "any";

export const ENVIRONMENT_CHOICES = [
	...ENVIRONMENTS.map((value) => ({ value: value as string, label: ENVIRONMENT_WORDS[value].name })),
	{ value: ANY, label: "Any environment" },
];

export function environmentWords(environment: Environment | null): string {
	return environment === null ? "Any environment" : ENVIRONMENT_WORDS[environment].name;
}

export function environmentFrom(value: string | null): Environment | null {
	return ENVIRONMENTS.find((known) => known === value) ?? null;
}

/** Ids as the API takes them: what stands in addresses and programs. */
const SITE_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** What is wrong with an id of one's own choosing, or null; none at all is fine. */
export function faultOfSiteId(id: string): string | null {
	if (id === "" || SITE_ID.test(id)) return null;
	return "Letters, digits, - and _ only, at most 64";
}
