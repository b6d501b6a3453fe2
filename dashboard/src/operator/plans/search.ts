/** The state of the page, as search parameters of the address. */
export interface PlansSearch {
	dialog?: "create" | "edit" | "retire";
	/** The id of the plan that it is about. */
	of?: string;
	/** A part of the names or ids that are listed. */
	search?: string;
}

/** Parses the search parameters; ignores unknown or invalid ones. */
export function plansSearchFrom(search: Readonly<Record<string, unknown>>): PlansSearch {
	const { of, dialog, search: text } = search;
	return {
		...(dialog === "create" || dialog === "edit" || dialog === "retire" ? { dialog } : {}),
		...(typeof of === "string" && of !== "" ? { of } : {}),
		...(typeof text === "string" && text.trim() !== "" ? { search: text } : {}),
	};
}
