import { ENVIRONMENT_WORDS, ENVIRONMENTS, type Environment } from "../../keys/words.ts";

/** Represents null, which a select cannot have as a value. */
export const ANY = "any";

export const ENVIRONMENT_CHOICES = [
	...ENVIRONMENTS.map((value) => ({ value: value as string, label: ENVIRONMENT_WORDS[value].name })),
	{ value: ANY, label: "Any environment" },
];

export function formatEnvironment(environment: Environment | null): string {
	return environment === null ? "Any environment" : ENVIRONMENT_WORDS[environment].name;
}

export function environmentFrom(value: string | null): Environment | null {
	return ENVIRONMENTS.find((known) => known === value) ?? null;
}

/** The ids that the API accepts. */
const SITE_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** The error in a chosen id, or null; an empty one is valid. */
export function validateSiteId(id: string): string | null {
	if (id === "" || SITE_ID.test(id)) return null;
	return "Letters, digits, - and _ only, at most 64";
}
