import { matchesGlob } from "node:path";

/** Whether a path is excluded: a pattern without `/` is compared with each name of the path, one with `/` with the whole path. */
export type Exclude = (path: string) => boolean;

/** A glob, as `node:path` matches it, from `--exclude`; `name/` excludes a folder of that name. */
export function excludeBy(globs: readonly string[]): Exclude {
	if (globs.length === 0) return () => false;
	const patterns = globs.map((glob) => glob.replace(/^\.\//, "").replace(/\/+$/, ""));
	const of_names = patterns.filter((pattern) => !pattern.includes("/"));
	const of_paths = patterns.filter((pattern) => pattern.includes("/"));
	return (path) => {
		const names = path.split("/");
		if (names.some((name) => of_names.some((pattern) => matchesGlob(name, pattern)))) return true;
		return of_paths.some((pattern) => names.some((_name, at) => matchesGlob(names.slice(0, at + 1).join("/"), pattern)));
	};
}
