import { join } from "node:path";
import { ApiError } from "../core/error.ts";

/** File modes below the uploads folder. */
export const FOLDER_MODE = 0o700;
export const FILE_MODE = 0o600;

const SHARD_CHARACTERS = 2;
const DOCUMENT_PREFIX = "doc_";
const UPLOAD_PREFIX = "upl_";

/** The folder of running uploads. */
export function incomingFolder(uploads_dir: string): string {
	return join(uploads_dir, ".incoming");
}

export function incomingPath(uploads_dir: string, upload_id: string): string {
	return join(incomingFolder(uploads_dir), upload_id);
}

/** One folder for each tenant, named by the hexadecimal form of its id: chosen ids may differ only in case, which some file systems ignore. */
export function tenantFolder(uploads_dir: string, tenant_id: string): string {
	return join(uploads_dir, Buffer.from(tenant_id, "utf8").toString("hex"));
}

/** The tenant id of a folder name; null when it is not a tenant's folder. */
export function tenantOfFolder(name: string): string | null {
	if (!/^(?:[0-9a-f]{2})+$/.test(name)) return null;
	return Buffer.from(name, "hex").toString("utf8");
}

/** The folder of a document's file: sharded by the first characters of the document id. */
export function documentFolder(uploads_dir: string, tenant_id: string, document_id: string): string {
	return join(tenantFolder(uploads_dir, tenant_id), document_id.slice(DOCUMENT_PREFIX.length, DOCUMENT_PREFIX.length + SHARD_CHARACTERS));
}

export function documentPath(uploads_dir: string, tenant_id: string, document_id: string): string {
	return join(documentFolder(uploads_dir, tenant_id, document_id), document_id);
}

export function isDocumentFile(name: string): boolean {
	return name.startsWith(DOCUMENT_PREFIX);
}

export function isIncomingFile(name: string): boolean {
	return name.startsWith(UPLOAD_PREFIX);
}

/** Disk full, quota exceeded, or file size limit reached. */
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
