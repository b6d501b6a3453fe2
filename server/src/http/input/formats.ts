import type { Route } from "../route.ts";

type Formats<C> = NonNullable<Route<C>["formats"]>;

const QUALITY = /^\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*$/i;
/** More media types than any client names; the rest of the header is ignored. */
const RANGES_MAX = 32;

/** The media ranges of an `Accept` header, best first; of equal ones the first (RFC 9110, section 12.5.1). */
function acceptedTypes(accept: string): readonly string[] {
	return accept
		.split(",", RANGES_MAX)
		.map((range) => {
			const [type = "", ...parameters] = range.split(";");
			const quality = parameters.map((text) => QUALITY.exec(text)?.[1]).find((text) => text !== undefined);
			return { type: type.trim().toLowerCase(), quality: Number(quality ?? 1) };
		})
		.filter(({ quality }) => quality > 0)
		.sort((a, b) => b.quality - a.quality)
		.map(({ type }) => type);
}

/**
 * The format of a route that the request prefers to JSON, or null for JSON. A type that no format has is ignored, so that a client which
 * accepts anything gets JSON.
 */
export function formatFor<C>(formats: Formats<C>, accept: string | undefined): Formats<C>[string] | null {
	if (accept === undefined) return null;
	for (const type of acceptedTypes(accept)) {
		const found = Object.entries(formats).find(([name]) => name === type);
		if (found) return found[1];
		if (type === "application/json" || type === "application/*" || type === "*/*") return null;
	}
	return null;
}
