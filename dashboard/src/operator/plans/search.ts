/** The state of the page, as search parameters of the address. */
export interface PlansSearch {
	/** The id of the plan whose sheet or dialog is open. */
	open?: string;
	dialog?: "create" | "retire";
	/** A part of the names or ids that are listed. */
	search?: string;
}

/** Parses the search parameters; ignores unknown or invalid ones. */
export function plansSearchFrom(search: Readonly<Record<string, unknown>>): PlansSearch {
	const { open, dialog, search: text } = search;
	return {
		...(typeof open === "string" && open !== "" ? { open } : {}),
		...(dialog === "create" || dialog === "retire" ? { dialog } : {}),
		...(typeof text === "string" && text.trim() !== "" ? { search: text } : {}),
	};
}
