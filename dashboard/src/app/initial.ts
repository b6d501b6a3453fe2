/** The first character as people perceive it: an emoji of several code points is one. */
export function getInitial(name: string): string {
	const [first] = new Intl.Segmenter("en", { granularity: "grapheme" }).segment(name.trim());
	return first?.segment.toUpperCase() ?? "";
}
