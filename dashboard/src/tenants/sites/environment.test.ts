import { equal } from "node:assert/strict";
import { test } from "node:test";
import { ANY, ENVIRONMENT_CHOICES, environmentFrom, environmentWords, faultOfSiteId } from "./environment.ts";

test("any environment goes there and back as null", () => {
	for (const { value, label } of ENVIRONMENT_CHOICES) equal(environmentWords(environmentFrom(value)), label);
	equal(environmentFrom(ANY), null);
	equal(environmentFrom("else"), null);
});

test("an id of one's own is what the API takes, or left out", () => {
	for (const id of ["", "shop", "Shop_2", "a".repeat(64)]) equal(faultOfSiteId(id), null, id);
	for (const id of [" ", "a b", "ä", "a/b", "a".repeat(65), "<img>"]) equal(typeof faultOfSiteId(id), "string", id);
});
