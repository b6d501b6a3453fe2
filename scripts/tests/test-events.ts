// A reporter for Node's test runner: one JSON line per event that `run-tests.ts` counts or prints. Files are named by their entry file.

import type { EventData } from "node:test";
import type { TestEvent } from "node:test/reporters";
import { inspect } from "node:util";

const ERROR_DEPTH = 6;
export const NO_TEST = "the file ended without reporting a test (no tests, or process.exit inside one)";

export type TestFact =
	/** The file's process has started, is active, has ended: reported at once, while results are reported file by file, in order. */
	| { kind: "started" | "working" | "finished"; file: string }
	| { kind: "passed"; file: string }
	| { kind: "skipped" | "todo"; file: string; name: string }
	/** `error` is empty if the failure only repeats that of a nested test. `entry`: the file that the process was started with, whose output it is. */
	| { kind: "failed"; file: string; entry: string; name: string; line: number; error: string }
	| { kind: "output" | "warning"; file: string; text: string }
	/** All results of the file have been reported. */
	| { kind: "reported"; file: string };

type Result = EventData.TestPass | EventData.TestFail;

/** The error of the test, without the runner's wrapper. */
function errorText(error: EventData.Error): string {
	const thrown = error.cause ?? error;
	return typeof thrown === "string" ? thrown : inspect(thrown, { depth: ERROR_DEPTH, colors: false });
}

function isWrapperOfSubtests(error: EventData.Error): boolean {
	return "failureType" in error && error.failureType === "subtestsFailed";
}

/** A file of `run-tests.ts` that imports test files, which share its process; its number. */
export const GROUP = /\/keywright-group-(\d+)\.test\.mjs$/;

function getFile(data: { file?: string; entryFile?: string }): string {
	const { file = "", entryFile = file } = data;
	return GROUP.test(entryFile) ? file : entryFile;
}

/** The runner's own counts at the end belong to no file and are left out. */
function getDiagnostic(data: EventData.TestDiagnostic): TestFact | null {
	if (data.level !== "info") return { kind: "warning", file: getFile(data), text: data.message };
	return data.entryFile === undefined ? null : { kind: "output", file: getFile(data), text: `${data.message}\n` };
}

/** Converts events to facts; tracks the names of open suites per file. */
export class FactReader {
	readonly #open = new Map<string, string[]>();

	read(event: TestEvent): TestFact | null {
		switch (event.type) {
			case "test:dequeue":
				return event.data.entryFile === undefined ? { kind: "started", file: getFile(event.data) } : null;
			case "test:complete":
				return { kind: event.data.entryFile === undefined ? "finished" : "working", file: getFile(event.data) };
			case "test:start":
				this.#opened(event.data);
				return null;
			case "test:pass":
				return this.#result(event.data, null);
			case "test:fail":
				return this.#result(event.data, event.data.details.error);
			case "test:stdout":
			case "test:stderr":
				return { kind: "output", file: getFile(event.data), text: event.data.message };
			case "test:diagnostic":
				return getDiagnostic(event.data);
			case "test:summary":
				return event.data.file === undefined ? null : { kind: "reported", file: event.data.file };
			default:
				return null;
		}
	}

	#opened(data: EventData.TestStart): void {
		const names = this.#open.get(getFile(data)) ?? [];
		this.#open.set(getFile(data), [...names.slice(0, data.nesting), data.name]);
	}

	#result(data: Result, error: EventData.Error | null): TestFact | null {
		const file = getFile(data);
		const names = this.#open.get(file) ?? [];
		const name = [...names.slice(0, data.nesting), data.name].join(" › ");
		const line = data.line ?? 0;
		// Without an entry file the result is of the file itself, created by the runner because the file reported no test.
		if (data.entryFile === undefined) return this.#fileResult(file, error);
		if (data.todo !== undefined && data.todo !== false) return { kind: "todo", file, name };
		if (data.skip !== undefined && data.skip !== false) return { kind: "skipped", file, name };
		const is_suite = data.details.type === "suite";
		if (error === null) return is_suite ? null : { kind: "passed", file };
		const entry = data.entryFile;
		if (isWrapperOfSubtests(error)) return is_suite ? null : { kind: "failed", file, entry, name, line, error: "" };
		return { kind: "failed", file, entry, name, line, error: errorText(error) };
	}

	#fileResult(file: string, error: EventData.Error | null): TestFact {
		const reason = error === null ? NO_TEST : errorText(error);
		return { kind: "failed", file, entry: file, name: "the file itself", line: 0, error: reason };
	}
}

/** JSON with U+2028 and U+2029 escaped, which a line reader takes for ends of lines. */
function oneLine(fact: TestFact): string {
	return JSON.stringify(fact).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}

export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
	const reader = new FactReader();
	for await (const event of events) {
		const fact = reader.read(event);
		if (fact !== null) yield `${oneLine(fact)}\n`;
	}
}
