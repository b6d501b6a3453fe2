import { type Route, route } from "../../http/route.ts";
import { deleteImportedFormat, type ImportedFormatContext, listImportedFormats, putImportedFormat } from "./formats.ts";
import { ImportedFormatInput, ImportedFormatList, ImportedFormatSchema } from "./schema.ts";

export const operatorImportedRoutes: readonly Route<ImportedFormatContext>[] = [
	route({
		method: "GET",
		path: "/api/v1/operator/legacy-formats",
		access: "operator",
		summary: "List what keys that were issued elsewhere look like, and how many of each are left",
		status: 200,
		output: ImportedFormatList,
		run: listImportedFormats,
	}),
	route({
		method: "PUT",
		path: "/api/v1/operator/legacy-formats/:name",
		access: "operator",
		summary: "Declare what the keys of another system look like, or widen it",
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
		summary: "Delete a format under which no key is left",
		status: 204,
		output: "none",
		run: deleteImportedFormat,
	}),
];
