/** The state of the page, as search parameters of the address. */
export interface ServicesSearch {
	dialog?: "create" | "revoke";
	/** The id of the service that the dialog is about. */
	of?: string;
}

/** Parses the search parameters; ignores unknown or invalid ones. */
export function servicesSearchFrom(search: Readonly<Record<string, unknown>>): ServicesSearch {
	const { dialog, of } = search;
	return {
		...(dialog === "create" || dialog === "revoke" ? { dialog } : {}),
		...(typeof of === "string" && of !== "" ? { of } : {}),
	};
}
