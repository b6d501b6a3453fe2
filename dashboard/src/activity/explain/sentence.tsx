import { exactTime, formatInstant } from "../../ui/time-words.ts";
import { partsOf } from "./words.ts";

/** A sentence of the server: its times in the viewer's zone, and the key's name apart, because it may be written from right to left. */
export function SentenceWithName({ text, name }: { text: string; name: string | undefined }) {
	return partsOf(text, name).map(({ at, kind, text: part }) => {
		if (kind === "time")
			return (
				<time key={at} dateTime={part} title={exactTime(part)}>
					{formatInstant(part, Date.now())}
				</time>
			);
		return kind === "name" ? <bdi key={at}>{part}</bdi> : <span key={at}>{part}</span>;
	});
}
