import { CLIENT_HEADER, type NotToldApart } from "../../usage/sources/told-apart.ts";

/** Said with every rotation: what no evidence can show. */
export const EVIDENCE_LIMIT =
	"A copy of a program that calls more rarely than the silence that is waited for cannot be seen: it still has the old secret when that ends. " +
	`Give each copy a name of its own in ${CLIENT_HEADER}.`;

const DETAILS: Readonly<Record<NotToldApart, string>> = {
	too_many_sources: "The key is used from more sources than are kept apart, so these are counted together.",
	network_unknown: "Requests without a known address can come from anywhere, so several programs can look like this one.",
	network_hidden: "Networks are not stored here, so several programs can look like this one.",
	library: "It is known by its HTTP library alone, so several programs can look like this one.",
	no_program: "It sends no User-Agent, so several programs can look like this one.",
	other_program: "Its User-Agent begins with no name of its own, so several programs can look like this one.",
};

/** Why a source is not told apart, in a sentence. */
export function notToldApartDetail(why: NotToldApart): string {
	return DETAILS[why];
}
