import type { FastifyError } from "fastify";
import { ApiError } from "../core/error.ts";
import { JSON_BODY_BYTES_MAX } from "./body.ts";
import { validationFailure } from "./input/validation.ts";
import type { Route } from "./route.ts";

function getCode(error: unknown): string {
	return error !== null && typeof error === "object" && "code" in error && typeof error.code === "string" ? error.code : "";
}

function isValidationError(error: unknown): error is FastifyError & Required<Pick<FastifyError, "validation" | "validationContext">> {
	return error !== null && typeof error === "object" && "validation" in error && Array.isArray(error.validation);
}

/** The client disconnected while the framework read a body. Failures of other connections have no status. */
function isCutOff(error: unknown): boolean {
	return getCode(error) === "ECONNRESET" && error !== null && typeof error === "object" && "statusCode" in error && error.statusCode === 400;
}

/** Maps errors of the framework and of Node.js to an `ApiError`; null for an unexpected error. `route` is the matched route, if any. */
export function toApiError(error: unknown, route: Route<never> | null): ApiError | null {
	if (error instanceof ApiError) return error;
	if (isValidationError(error)) {
		const part = error.validationContext ?? "body";
		const missing = part === "body" && error.validation.some((finding) => finding.instancePath === "" && finding.keyword === "type");
		if (missing) return new ApiError("invalid_request", "Send a JSON object as the body, with Content-Type: application/json.");
		return validationFailure(part, error.validation as Parameters<typeof validationFailure>[1]);
	}
	if (isCutOff(error)) return new ApiError("invalid_request", "The connection ended before the body did. Send it again.");
	switch (getCode(error)) {
		case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
			return new ApiError("unsupported_media_type", mediaTypeCure(route));
		case "FST_ERR_CTP_BODY_TOO_LARGE":
			return new ApiError(
				"payload_too_large",
				`The body is larger than the ${route?.body_bytes_max ?? JSON_BODY_BYTES_MAX} bytes that this route accepts. Send a smaller body.`,
			);
		case "FST_ERR_CTP_EMPTY_JSON_BODY":
			return new ApiError("invalid_request", "The body is empty. Send a JSON object.");
		case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
			return new ApiError("invalid_request", "The length of the body differs from its Content-Length.");
		case "FST_ERR_BAD_URL":
			return new ApiError("ambiguous_path", "The path contains percent-encoding that cannot be decoded. Correct the encoding.");
		case "ENOSPC":
		case "EDQUOT":
			return new ApiError(
				"storage_full",
				"The storage of this instance is full. Report it to the operator, and send the request again when storage is available.",
				{
					cause: error,
				},
			);
		default:
			return null;
	}
}

function mediaTypeCure(route: Route<never> | null): string {
	if (route?.input === "upload") return "Send the file as multipart/form-data and let your HTTP client set Content-Type with its boundary.";
	return "Send the body as JSON in UTF-8, with Content-Type: application/json.";
}
