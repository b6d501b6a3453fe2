const OWN = "http://own.invalid";
const FIRST_PLACE = "/settings/api-access";

/** Where to go on after signing in: `back` if it is a place of ours, else the first page. Whoever made the link wrote it. */
export function wayBack(back: string | undefined): string {
	if (back === undefined || !back.startsWith("/") || !URL.canParse(back, OWN)) return FIRST_PLACE;
	const { origin, pathname, search, hash } = new URL(back, OWN);
	return origin === OWN && !pathname.startsWith("//") ? pathname + search + hash : FIRST_PLACE;
}
