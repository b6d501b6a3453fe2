import { queryOptions } from "@tanstack/react-query";
import { answered, api } from "../../http/api.ts";
import { cacheRoots } from "../../http/cache-roots.ts";
import type { paths } from "../../http/openapi.gen.ts";

const FORMATS = "/api/v1/operator/legacy-formats";

export type LegacyFormat = paths[typeof FORMATS]["get"]["responses"][200]["content"]["application/json"]["data"][number];

export const formatsQuery = queryOptions({ queryKey: cacheRoots.operator.legacy_formats, queryFn: () => answered(api.GET(FORMATS)) });

export const ALPHABETS = [
	{ value: "base62", label: "Letters and digits (base62)" },
	{ value: "base58", label: "Letters and digits without 0, O, I and l (base58)" },
	{ value: "hex", label: "Hexadecimal digits" },
	{ value: "base64url", label: "Letters, digits, - and _ (base64url)" },
	{ value: "printable", label: "Anything without spaces" },
] as const satisfies readonly { value: LegacyFormat["alphabet"]; label: string }[];

export function alphabetFrom(text: string): LegacyFormat["alphabet"] {
	return ALPHABETS.find(({ value }) => value === text)?.value ?? "base62";
}

/** Formats in words what keys of a format look like. */
export function shapeWords({
	prefix,
	alphabet,
	length_min,
	length_max,
}: Pick<LegacyFormat, "prefix" | "alphabet" | "length_min" | "length_max">): string {
	const length = length_min === length_max ? String(length_min) : `${length_min} to ${length_max}`;
	const words = ALPHABETS.find(({ value }) => value === alphabet)?.label ?? alphabet;
	return `${prefix === "" ? "No prefix" : prefix}, then ${length} characters: ${words[0]?.toLowerCase() ?? ""}${words.slice(1)}`;
}

/** The import command; the dry run comes first. */
export function importCommand(name: string): string {
	return `npx --no keywright-server import keys.jsonl --format ${name} --dry-run`;
}
