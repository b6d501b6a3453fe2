import { equal } from "node:assert/strict";
import { test } from "node:test";
import { ANY, ENVIRONMENT_CHOICES, environmentFrom, formatEnvironment, validateSiteId } from "./environment.ts";

test("any environment is null in the API, in both directions", () => {
	for (const { value, label } of ENVIRONMENT_CHOICES) equal(formatEnvironment(environmentFrom(value)), label);
	equal(environmentFrom(ANY), null);
	equal(environmentFrom("else"), null);
});

test("a chosen id is one that the API accepts, or absent", () => {
	for (const id of ["", "shop", "Shop_2", "a".repeat(64)]) equal(validateSiteId(id), null, id);
	for (const id of [" ", "a b", "ä", "a/b", "a".repeat(65), "<img>"]) equal(typeof validateSiteId(id), "string", id);
});
