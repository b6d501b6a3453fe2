import { join } from "node:path";
import { ApiError } from "../core/error.ts";

/** What lies where below the uploads folder. Folders are made with 0700, files with 0600. */
export const FOLDER_MODE = 0o700;
export const FILE_MODE = 0o600;

const SHARD_CHARACTERS = 2;
const DOCUMENT_PREFIX = "doc_";
const UPLOAD_PREFIX = "upl_";

/** Where files are while they come in. */
export function incomingFolder(uploads_dir: string): string {
	return join(uploads_dir, ".incoming");
}

export function incomingPath(uploads_dir: string, upload_id: string): string {
	return join(incomingFolder(uploads_dir), upload_id);
}

/** One folder a tenant, named by its id in hexadecimal: a chosen id may differ from another by case alone, which some disks do not see. */
export function tenantFolder(uploads_dir: string, tenant_id: string): string {
	return join(uploads_dir, Buffer.from(tenant_id, "utf8").toString("hex"));
}

/** The tenant whose folder has this name, or null when it is no tenant's. */
export function tenantOfFolder(name: string): string | null {
	if (!/^(?:[0-9a-f]{2})+$/.test(name)) return null;
	return Buffer.from(name, "hex").toString("utf8");
}

/** The folder of a document's file: a tenant's files are spread by the first characters of their ids. */
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
