import { constants } from "node:fs";
import { access, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { type CheckpointState, NO_CHECKPOINT, readCheckpoint } from "./checkpoint.ts";
import type { NoteKey } from "./note.ts";

const PUBLIC_FILE = 0o644;
const READ_BYTES = 65_536;
/** A note of 500,000 chains. */
const NOTE_CHARACTERS_MAX = 67_108_864;

export interface CheckpointFile {
	readonly state: CheckpointState;
	/** Why the notes from here on cannot be trusted; null if all can. */
	readonly fault: { readonly number: number; readonly reason: string } | null;
	readonly bytes: number;
}

/** Reads the notes of a file in order, up to the first that cannot be trusted. Throws errors of the file system. */
export async function readCheckpointFile(path: string, keys: readonly NoteKey[]): Promise<CheckpointFile> {
	const file = await open(path, "r");
	try {
		let state = NO_CHECKPOINT;
		let rest = "";
		let bytes = 0;
		for await (const chunk of file.createReadStream({ encoding: "utf8", highWaterMark: READ_BYTES, autoClose: false })) {
			bytes += Buffer.byteLength(String(chunk));
			rest += String(chunk);
			for (let found = nextNote(rest); found !== null; found = nextNote(rest)) {
				const read = readCheckpoint(keys, state, found);
				if (typeof read === "string") return { state, fault: { number: state.count + 1, reason: read }, bytes };
				state = read;
				rest = rest.slice(found.end);
			}
			if (rest.length > NOTE_CHARACTERS_MAX) break;
		}
		const cut = rest === "" ? null : { number: state.count + 1, reason: "the file ends in the middle of it, or holds something else" };
		return { state, fault: cut, bytes };
	} finally {
		await file.close();
	}
}

/** A note is its text, an empty line and one signature line. */
function nextNote(text: string): { text: string; signature: string; end: number } | null {
	const at = text.indexOf("\n\n");
	if (at === -1) return null;
	const end = text.indexOf("\n", at + 2);
	return end === -1 ? null : { text: text.slice(0, at + 1), signature: text.slice(at + 2, end + 1), end: end + 1 };
}

/** Appends a note and waits until the disk has it. */
export async function appendNote(path: string, note: string): Promise<void> {
	const file = await open(path, "a", PUBLIC_FILE);
	try {
		await file.appendFile(note);
		await file.sync();
	} finally {
		await file.close();
	}
}

/** Why checkpoints cannot be appended to the file at `path`; null if they can. Creates nothing. */
export async function findFileFault(path: string, keys: readonly NoteKey[] | null): Promise<string | null> {
	try {
		await access(path, constants.R_OK | constants.W_OK);
		if (!(await stat(path)).isFile()) return "it is not a file: choose another";
	} catch (error) {
		if (!isMissing(error)) return "this user may not read and write it: make this user its owner, or choose another file";
		const writable = await access(dirname(path), constants.W_OK | constants.X_OK).then(
			() => true,
			() => false,
		);
		return writable ? null : "it does not exist, and its folder is missing or not writable: create the folder, or choose another file";
	}
	try {
		if (keys === null) return null;
		const { fault, state } = await readCheckpointFile(path, keys);
		if (state.chain !== null) return "it is a checkpoint of one tenant: choose another file";
		if (fault === null) return null;
		return `its checkpoint ${fault.number} cannot be continued (${fault.reason}): keep the file elsewhere, and set the name of a new one`;
	} catch {
		return "it cannot be read: look at the disk, or choose another";
	}
}

export function isMissing(error: unknown): boolean {
	return error instanceof Error && "code" in error && error.code === "ENOENT";
}
