import { type Route, route } from "../../http/route.ts";
import { deleteImportedFormat, type ImportedFormatContext, listImportedFormats, putImportedFormat } from "./formats.ts";
import { ImportedFormatInput, ImportedFormatList, ImportedFormatSchema } from "./schema.ts";

export const operatorImportedRoutes: readonly Route<ImportedFormatContext>[] = [
	route({
		method: "GET",
		path: "/api/v1/operator/legacy-formats",
		access: "operator",
		summary: "List the formats of imported keys, with the number of keys of each",
		status: 200,
		output: ImportedFormatList,
		run: listImportedFormats,
	}),
	route({
		method: "PUT",
		path: "/api/v1/operator/legacy-formats/:name",
		access: "operator",
		summary: "Create or widen a format of imported keys",
		status: 200,
		body: ImportedFormatInput,
		output: ImportedFormatSchema,
		run: putImportedFormat,
	}),
	route({
		method: "DELETE",
		path: "/api/v1/operator/legacy-formats/:name",
		access: "operator",
		confirm: true,
		summary: "Delete a format of imported keys without keys",
		status: 204,
		output: "none",
		run: deleteImportedFormat,
	}),
];
