import { change } from "../../audit/change.ts";
import { reauthorize } from "../../audit/reauthorize.ts";
import { Failure, type InputError } from "../../core/error.ts";
import { faultsOfFormat, isWidened, LEGACY_FORMATS_MAX, LEGACY_NAME_PATTERN, type LegacyFormat } from "./format.ts";
import { countLegacyFormats, countLegacyUse, lockLegacyFormat, saveLegacyFormat } from "./format-store.ts";
import { describeLegacyFormat, type LegacyFormatContext } from "./legacy-formats.ts";
import type { LegacyFormatAnswer, LegacyFormatInput } from "./schema.ts";

const NAME = new RegExp(LEGACY_NAME_PATTERN);

function assertValid(format: LegacyFormat, brand: string): void {
	const named: InputError[] = NAME.test(format.name)
		? []
		: [{ pointer: "/path/name", detail: "must be lower-case letters, digits, _ and -, beginning with a letter, at most 32 long" }];
	const errors = [...named, ...faultsOfFormat(format, brand)];
	if (errors.length > 0) throw new Failure("invalid_request", "The format of keys cannot be like this. Correct what `errors` names.", { errors });
}

function isSame(before: LegacyFormat, format: LegacyFormat): boolean {
	return isWidened(before, format) && isWidened(format, before);
}

/**
 * Declares what the keys of another system look like, or widens it. Holds on every node when it has been answered. 400 `invalid_request`;
 * 409 `conflict` beyond 16, and for what would end the keys that were imported under it.
 */
export async function putLegacyFormat(context: LegacyFormatContext, input: LegacyFormatInput & { name: string }): Promise<LegacyFormatAnswer> {
	assertValid(input, context.key_brand);
	return change(context, async (tx) => {
		await reauthorize(tx);
		const before = await lockLegacyFormat(tx, input.name);
		const format = { ...input, created_at: before?.created_at ?? new Date(context.clock.now()) };
		const use = await countLegacyUse(tx, input.name);
		const answer = describeLegacyFormat(format, use);
		if (before && isSame(before, format)) return { unchanged: answer };
		if (before && use.keys > 0 && !isWidened(before, format)) throw narrowed(use.keys);
		await saveLegacyFormat(tx, format);
		if (!before && (await countLegacyFormats(tx)) > LEGACY_FORMATS_MAX)
			throw new Failure("conflict", `There are ${LEGACY_FORMATS_MAX} formats already, which is the limit.`);
		const { created_at: _at, ...after } = format;
		const { created_at: _was, ...earlier } = before ?? format;
		return {
			result: answer,
			audit: [
				{
					action: before ? "legacy_format.updated" : "legacy_format.created",
					target: { kind: "legacy_format", id: input.name },
					facts: { before: before ? earlier : null, format: after },
				},
			],
			invalidates: [{ kind: "legacy_formats", id: input.name }],
		};
	});
}

function narrowed(keys: number): Failure {
	return new Failure(
		"conflict",
		`${keys === 1 ? "A key was" : `${keys} keys were`} imported under this format and may no longer fit it: it can only be widened. Declare another format beside it.`,
		{ members: { keys } },
	);
}
