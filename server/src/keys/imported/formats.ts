import { type ChangeContext, change } from "../../audit/change.ts";
import { reauthorize } from "../../audit/reauthorize.ts";
import { ALL_TENANTS } from "../../core/context.ts";
import { ApiError, type InputError } from "../../core/error.ts";
import type { Log } from "../../core/log.ts";
import type { Database, DatabaseContext } from "../../database/database.ts";
import { read } from "../../database/transaction.ts";
import { Live } from "../../nodes/live.ts";
import type { Node } from "../../nodes/node.ts";
import { IMPORTED_FORMATS_MAX, IMPORTED_NAME_PATTERN, type ImportedFormat, isWidened, validateFormat } from "./format.ts";
import {
	countImportedFormats,
	countImportedUse,
	countImportedUses,
	deleteImportedFormatRow,
	type ImportedUse,
	lockImportedFormat,
	readImportedFormats,
	type StoredImportedFormat,
	saveImportedFormat,
} from "./format-store.ts";
import type { ImportedFormatAnswer, ImportedFormatInput } from "./schema.ts";

/** The formats in memory; one list for all tenants. */
export type LiveImportedFormats = Live<readonly ImportedFormat[]>;

/** Context of actions on formats. The brand is needed because its prefixes are reserved. */
export interface ImportedFormatContext extends ChangeContext {
	readonly key_brand: string;
}

export function liveImportedFormats(options: { database: Database; node: Node; log: Log }): LiveImportedFormats {
	const { database, node, log } = options;
	return new Live<readonly ImportedFormat[]>({
		...{ node, log, kind: "legacy_formats", initial: [] },
		read: () => read({ database, scope: ALL_TENANTS }, readImportedFormats),
	});
}

export function toImportedFormatResponse(format: StoredImportedFormat, use: ImportedUse | undefined): ImportedFormatAnswer {
	const { name, prefix, alphabet, length_min, length_max } = format;
	const { keys = 0, keys_never_used = 0 } = use ?? {};
	return { name, prefix, alphabet, length_min, length_max, created_at: format.created_at.toISOString(), keys, keys_never_used };
}

/** All formats of imported keys, sorted by name, each with the number of its keys. Not paged, since there are at most 16. */
export async function listImportedFormats(context: DatabaseContext): Promise<{ data: ImportedFormatAnswer[] }> {
	return read(context, async (tx) => {
		const uses = await countImportedUses(tx);
		return { data: (await readImportedFormats(tx)).map((format) => toImportedFormatResponse(format, uses.get(format.name))) };
	});
}

const NAME = new RegExp(IMPORTED_NAME_PATTERN);

function assertValid(format: ImportedFormat, brand: string): void {
	const named: InputError[] = NAME.test(format.name)
		? []
		: [{ pointer: "/path/name", detail: "must be lower-case letters, digits, _ and -, beginning with a letter, at most 32 long" }];
	const errors = [...named, ...validateFormat(format, brand)];
	if (errors.length > 0) throw new ApiError("invalid_request", "Invalid key format; see `errors`.", { errors });
}

function isSame(before: ImportedFormat, format: ImportedFormat): boolean {
	return isWidened(before, format) && isWidened(format, before);
}

/**
 * Creates or changes a format of imported keys; in effect on every node after this returns. 400 `invalid_request`; 409 `conflict` beyond 16 formats, and
 * for a change after which keys that were imported under it might not match.
 */
export async function putImportedFormat(
	context: ImportedFormatContext,
	input: ImportedFormatInput & { name: string },
): Promise<ImportedFormatAnswer> {
	assertValid(input, context.key_brand);
	return change(context, async (tx) => {
		await reauthorize(tx);
		const before = await lockImportedFormat(tx, input.name);
		const format = { ...input, created_at: before?.created_at ?? new Date(context.clock.now()) };
		const use = await countImportedUse(tx, input.name);
		const answer = toImportedFormatResponse(format, use);
		if (before && isSame(before, format)) return { unchanged: answer };
		if (before && use.keys > 0 && !isWidened(before, format)) throw narrowed(use.keys);
		await saveImportedFormat(tx, format);
		if (!before && (await countImportedFormats(tx)) > IMPORTED_FORMATS_MAX)
			throw new ApiError("conflict", `There are ${IMPORTED_FORMATS_MAX} formats already, which is the limit. Delete one that no key uses.`);
		const { created_at: _at, ...after } = format;
		const { created_at: _was, ...earlier } = before ?? format;
		return {
			result: answer,
			audit: [
				{
					action: before ? "legacy_format.updated" : "legacy_format.created",
					target: { kind: "legacy_format", id: input.name },
					details: { before: before ? earlier : null, format: after },
				},
			],
			invalidates: [{ kind: "legacy_formats", id: input.name }],
		};
	});
}

function narrowed(keys: number): ApiError {
	return new ApiError(
		"conflict",
		`${keys === 1 ? "A key was" : `${keys} keys were`} imported under this format and may no longer match it: it can only be widened. Create a separate format instead.`,
		{ members: { keys } },
	);
}

/** Deletes a format without live keys. 404 `not_found`; 409 `conflict` while it has any. */
export async function deleteImportedFormat(context: ChangeContext, input: { name: string }): Promise<void> {
	await change(context, async (tx) => {
		await reauthorize(tx);
		const format = await lockImportedFormat(tx, input.name);
		if (!format) throw new ApiError("not_found", "There is no key format with this name.");
		const { keys } = await countImportedUse(tx, format.name);
		if (keys > 0) {
			throw new ApiError(
				"conflict",
				`${keys === 1 ? "A key" : `${keys} keys`} that may still be accepted ${keys === 1 ? "was" : "were"} imported under this format. Replace or revoke them first.`,
				{ members: { keys } },
			);
		}
		await deleteImportedFormatRow(tx, format.name);
		const { created_at: _at, ...details } = format;
		return {
			result: undefined,
			audit: [{ action: "legacy_format.deleted", target: { kind: "legacy_format", id: format.name }, details: { format: details } }],
			invalidates: [{ kind: "legacy_formats", id: format.name }],
		};
	});
}
