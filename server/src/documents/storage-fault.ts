import { ApiError } from "../core/error.ts";

/** The disk, the owner's share of it, or the largest file it takes. */
const FULL = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

export function isFull(error: unknown): boolean {
	return error instanceof Error && "code" in error && typeof error.code === "string" && FULL.has(error.code);
}

export function isMissing(error: unknown): boolean {
	return error instanceof Error && "code" in error && error.code === "ENOENT";
}

/** The 507 for a full disk. */
export function storageFull(cause: unknown): ApiError {
	return new ApiError("storage_full", "The storage of this instance is full. Nothing was stored; report it to the operator.", { cause });
}
