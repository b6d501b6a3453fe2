import { type ChangeContext, change } from "../../audit/change.ts";
import { reauthorize } from "../../audit/reauthorize.ts";
import { Failure } from "../../core/error.ts";
import { countLegacyUse, deleteLegacyFormatRow, lockLegacyFormat } from "./format-store.ts";

/** Deletes a format under which no key is left. 404 `not_found`; 409 `conflict` while one is. */
export async function deleteLegacyFormat(context: ChangeContext, input: { name: string }): Promise<void> {
	await change(context, async (tx) => {
		await reauthorize(tx);
		const format = await lockLegacyFormat(tx, input.name);
		if (!format) throw new Failure("not_found", "There is no format of keys with this name.");
		const { keys } = await countLegacyUse(tx, format.name);
		if (keys > 0) {
			throw new Failure(
				"conflict",
				`${keys === 1 ? "A key" : `${keys} keys`} that may still be accepted ${keys === 1 ? "was" : "were"} imported under this format. Replace or revoke them first.`,
				{ members: { keys } },
			);
		}
		await deleteLegacyFormatRow(tx, format.name);
		const { created_at: _at, ...facts } = format;
		return {
			result: undefined,
			audit: [{ action: "legacy_format.deleted", target: { kind: "legacy_format", id: format.name }, facts: { format: facts } }],
			invalidates: [{ kind: "legacy_formats", id: format.name }],
		};
	});
}
