import { isApiError } from "./api.ts";

/** Thrown in place of a change: what the person saw is no longer so. Nothing was sent. */
export class ChangedMeanwhile extends Error {
	override readonly name = "ChangedMeanwhile";
	/** Sentences, such as "Name: was “Shop”, is now “Shop in Ghent”." */
	readonly differences: readonly string[];

	constructor(differences: readonly string[]) {
		super(differences.join(" "));
		this.differences = differences;
	}
}

/** A field that a person decides by, and its value in words. */
export interface Seen<T> {
	readonly name: string;
	readonly format: (of: T) => string;
}

export function getDifferences<T>(seen: T, now: T, fields: readonly Seen<T>[]): string[] {
	return fields
		.filter(({ format }) => format(seen) !== format(now))
		.map(({ name, format }) => `${name}: was “${format(seen)}”, is now “${format(now)}”.`);
}

interface Question<T> {
	readonly seen: T;
	/** Reads the object as it is now; null or 404 when it is gone. */
	readonly read: () => Promise<T | null>;
	readonly fields: readonly Seen<T>[];
	/** The sentence for an object that is gone. */
	readonly gone: string;
	/** Called with the present state before the error is thrown, so that a second attempt is decided by it. */
	readonly onNow?: (now: T) => void;
}

/** Reads the object right before a change. Throws `ChangedMeanwhile` when it differs from what the person saw, or is gone. */
export async function assertUnchanged<T>({ seen, read, fields, gone, onNow }: Question<T>): Promise<void> {
	const now = await read().catch((error: unknown) => {
		if (isApiError(error, "not_found")) return null;
		throw error;
	});
	if (now === null) throw new ChangedMeanwhile([gone]);
	const differences = getDifferences(seen, now, fields);
	if (differences.length === 0) return;
	onNow?.(now);
	throw new ChangedMeanwhile(differences);
}
