import { ApiError } from "../../core/error.ts";
import type { FramedRequest } from "../framed-request.ts";

const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/** The `Idempotency-Key` of a creating request: null when there is none, an ApiError when it is malformed. */
export function readIdempotencyKey(raw: FramedRequest): string | ApiError | null {
	const value = raw.headers["idempotency-key"];
	if (value === undefined) return null;
	if (typeof value === "string" && IDEMPOTENCY_KEY.test(value)) return value;
	return new ApiError("invalid_request", "Idempotency-Key must be 1 to 255 visible ASCII characters without spaces.");
}
