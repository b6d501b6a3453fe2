import { useProfile } from "../access/session.ts";
import type { Entry, Scope } from "./queries.ts";
import { type Sentence, toSentence } from "./sentence.ts";

const PRODUCT = "Keywright";

/** Tells entries to this reader. */
export function useSentences(scope: Scope, is_operator: boolean): (entry: Entry) => Sentence {
	const product = useProfile()?.product_name ?? PRODUCT;
	return (entry) => toSentence(entry, { product, is_operator: is_operator || scope === "all" });
}

/** Who (ink), did (grey), what (ink). Names keep their own direction. */
export function SentenceView({ sentence: { who, did, what, end } }: { sentence: Sentence }) {
	return (
		<span className="kw-sentence">
			<b>
				<bdi>{who}</bdi>
			</b>{" "}
			{did}
			{what !== null && (
				<>
					{" "}
					<b>
						<bdi>{what}</bdi>
					</b>
				</>
			)}
			{end !== null && ` ${end}`}
		</span>
	);
}
