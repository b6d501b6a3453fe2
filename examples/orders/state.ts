import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Stores secrets that Keywright returns only once, one per file, readable only by this user. A real host uses its secret manager. */
export interface State {
	read(name: string): Promise<string | null>;
	write(name: string, secret: string): Promise<void>;
	pathOf(name: string): string;
}

export function openState(directory: string): State {
	const pathOf = (name: string): string => join(directory, name);
	return {
		pathOf,
		async read(name) {
			try {
				return (await readFile(pathOf(name), "utf8")).trim();
			} catch {
				return null;
			}
		},
		async write(name, secret) {
			await mkdir(directory, { recursive: true, mode: 0o700 });
			await writeFile(pathOf(name), `${secret}\n`, { mode: 0o600 });
			await chmod(pathOf(name), 0o600);
		},
	};
}
