import type { Sentence } from "./words.ts";

/** A sentence in which names keep their own direction. */
export function SentenceView({ of }: { of: Sentence }) {
	return of.map((part, index) =>
		typeof part === "string" ? (
			part
		) : (
			// biome-ignore lint/suspicious/noArrayIndexKey: the parts of a sentence have a fixed order and no state
			<bdi key={index}>{part.name}</bdi>
		),
	);
}
