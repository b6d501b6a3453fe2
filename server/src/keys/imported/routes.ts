import { type Row, route } from "../../http/route.ts";
import { deleteLegacyFormat, type LegacyFormatContext, listLegacyFormats, putLegacyFormat } from "./formats.ts";
import { LegacyFormatInput, LegacyFormatList, LegacyFormatSchema } from "./schema.ts";

export const operatorLegacyRoutes: readonly Row<LegacyFormatContext>[] = [
	route({
		method: "GET",
		path: "/api/v1/operator/legacy-formats",
		access: "operator",
		summary: "List what keys that were issued elsewhere look like, and how many of each are left",
		status: 200,
		output: LegacyFormatList,
		run: listLegacyFormats,
	}),
	route({
		method: "PUT",
		path: "/api/v1/operator/legacy-formats/:name",
		access: "operator",
		summary: "Declare what the keys of another system look like, or widen it",
		status: 200,
		body: LegacyFormatInput,
		output: LegacyFormatSchema,
		run: putLegacyFormat,
	}),
	route({
		method: "DELETE",
		path: "/api/v1/operator/legacy-formats/:name",
		access: "operator",
		confirm: true,
		summary: "Delete a format under which no key is left",
		status: 204,
		output: "none",
		run: deleteLegacyFormat,
	}),
];
