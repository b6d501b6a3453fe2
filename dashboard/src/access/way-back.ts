const OWN = "http://own.invalid";
const FIRST_PLACE = "/settings/api-access";

/** The page to open after signing in: `back` if it is a path of this dashboard, else the first page. `back` is untrusted: it comes from a link. */
export function wayBack(back: string | undefined): string {
	if (back === undefined || !back.startsWith("/") || !URL.canParse(back, OWN)) return FIRST_PLACE;
	const { origin, pathname, search, hash } = new URL(back, OWN);
	return origin === OWN && !pathname.startsWith("//") ? pathname + search + hash : FIRST_PLACE;
}
