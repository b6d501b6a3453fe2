import { readFileSync } from "node:fs";
import { InvalidFormats, type KeyFormat, parseKeyFormats } from "../search/formats.ts";

const PROFILE_PATH = "/api/v1/api-profile";
const TIMEOUT_MS = 10_000;
const ANSWER_BYTES_MAX = 1024 * 1024;

/** The server at --url did not answer with formats; the message is shown. */
export class Unreachable extends Error {}

/** The formats of the instance at `url`. Throws `Unreachable`. */
export async function askFormats(url: URL): Promise<KeyFormat[]> {
	const base = url.href.replace(/[?#].*$/, "").replace(/\/+$/, "");
	let text: string;
	try {
		const response = await fetch(base + PROFILE_PATH, { headers: { accept: "application/json" }, signal: AbortSignal.timeout(TIMEOUT_MS) });
		if (!response.ok) throw new Unreachable(`the server at --url answered ${response.status} to a request for its API profile`);
		text = await readBounded(response);
	} catch (error) {
		throw error instanceof Unreachable ? error : new Unreachable("the server at --url could not be reached");
	}
	try {
		return parseKeyFormats(text);
	} catch (error) {
		if (!(error instanceof InvalidFormats)) throw error;
		throw new Unreachable(`the API profile of the server at --url cannot be used: ${error.message}`);
	}
}

async function readBounded(response: Response): Promise<string> {
	const decoder = new TextDecoder();
	let text = "";
	for await (const chunk of response.body ?? []) {
		text += decoder.decode(chunk, { stream: true });
		if (text.length > ANSWER_BYTES_MAX) throw new Unreachable("the server at --url answered with more than 1 MiB");
	}
	return text + decoder.decode();
}

/** The formats in a file. Throws `InvalidFormats`. */
export function readFormats(file: string): KeyFormat[] {
	let text: string;
	try {
		text = readFileSync(file, "utf8");
	} catch {
		throw new InvalidFormats("the file cannot be read");
	}
	return parseKeyFormats(text);
}
