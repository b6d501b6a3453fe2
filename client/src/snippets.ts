import { readFileSync } from "node:fs";

export interface Snippet {
	/** What the comment says behind `run:`, such as the name of a framework. */
	readonly name: string;
	readonly text: string;
}

/** The fenced snippets of a document that stand behind `<!-- run: name -->`, and how many fences it has in all. */
export function snippetsOf(file: string): { snippets: Snippet[]; fences: number } {
	const markdown = readFileSync(file, "utf8");
	const marked = /^<!-- run: (.+) -->\n+```ts\n([\s\S]*?)^```$/gm;
	const snippets = [...markdown.matchAll(marked)].map(([, name = "", text = ""]) => ({ name, text }));
	return { snippets, fences: (markdown.match(/^```[a-z]+$/gm) ?? []).length };
}
