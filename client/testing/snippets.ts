import { readFileSync } from "node:fs";

export interface Snippet {
	/** The text after `run:` in the comment, such as the name of a framework. */
	readonly name: string;
	readonly text: string;
}

/** The fenced snippets of a document that follow `<!-- run: name -->`, and its total number of fences. */
export function readSnippets(file: string): { snippets: Snippet[]; fences: number } {
	const markdown = readFileSync(file, "utf8");
	const marked = /^<!-- run: (.+) -->\n+```ts\n([\s\S]*?)^```$/gm;
	const snippets = [...markdown.matchAll(marked)].map(([, name = "", text = ""]) => ({ name, text }));
	return { snippets, fences: (markdown.match(/^```[a-z]+$/gm) ?? []).length };
}
