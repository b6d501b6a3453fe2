import { chmodSync, closeSync, constants, fsyncSync, mkdirSync, openSync, readFileSync, unlinkSync, writeSync } from "node:fs";
import { join, resolve } from "node:path";
import { randomBase62 } from "./core/id.ts";

const GENERATED_CHARACTERS = 48;
const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;

/** Creates the data folder, accessible by its owner only; an existing folder keeps its mode. Returns its absolute path. */
export function openDataFolder(path: string): string {
	const folder = resolve(path);
	mkdirSync(folder, { recursive: true, mode: PRIVATE_FOLDER });
	return folder;
}

/** The secret in `<folder>/<name>`, generated once; readable by its owner only, and on disk before it is used. */
export function generatedSecret(folder: string, name: string): string {
	const path = join(folder, name);
	try {
		const file = openSync(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, PRIVATE_FILE);
		try {
			const value = randomBase62(GENERATED_CHARACTERS);
			writeSync(file, `${value}\n`);
			fsyncSync(file);
			return value;
		} catch (error) {
			// The secret was not used yet, and an incomplete file would block the next start.
			unlinkSync(path);
			throw error;
		} finally {
			closeSync(file);
		}
	} catch (error) {
		if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
	}
	chmodSync(path, PRIVATE_FILE);
	const value = readFileSync(path, "utf8").trim();
	if (value === "")
		throw new Error(
			`${path} is empty, perhaps because a start was interrupted. Remove it if no key was created yet; otherwise restore it from a backup.`,
		);
	return value;
}
