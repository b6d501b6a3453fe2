import createClient, { type Middleware } from "openapi-fetch";
import type { paths } from "./openapi.gen.ts";

/** Past this a person would rather be told than wait. */
const TIMEOUT_MS = 20_000;

/** What the server answers in place of what was asked for (RFC 9457). */
export interface Problem {
	readonly code: string;
	readonly title: string;
	readonly detail: string;
	readonly status: number;
	readonly request_id: string | null;
	readonly errors: readonly { readonly pointer: string; readonly detail: string }[];
	/** Members of the code's own, such as `key_id`. */
	readonly members: Readonly<Record<string, unknown>>;
}

/** A refusal, thrown by `answered`; its message is what a person is shown. */
export class Refused extends Error {
	override readonly name = "Refused";
	readonly problem: Problem;

	constructor(problem: Problem) {
		super(problem.detail);
		this.problem = problem;
	}
}

const UNREACHABLE: Problem = {
	code: "unreachable",
	title: "The server cannot be reached",
	detail: "The server did not answer. Check the connection and try again; nothing is known to have changed.",
	status: 0,
	request_id: null,
	errors: [],
	members: {},
};

const timeout: Middleware = {
	onRequest({ request }) {
		return new Request(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(TIMEOUT_MS)]) });
	},
};

/** The server's API, typed by its own reference: `api.GET("/api/v1/session")`. */
export const api = createClient<paths>({ baseUrl: "", credentials: "same-origin", headers: { accept: "application/json" } });
api.use(timeout);

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown, otherwise: string): string {
	return typeof value === "string" && value !== "" ? value : otherwise;
}

function errorsOf(value: unknown): Problem["errors"] {
	if (!Array.isArray(value)) return [];
	return value.flatMap((entry: unknown) =>
		isObject(entry) && typeof entry.pointer === "string" && typeof entry.detail === "string"
			? [{ pointer: entry.pointer, detail: entry.detail }]
			: [],
	);
}

/** The problem in an answer that is none of the 2xx, whatever its body turned out to be. */
export function problemOf(body: unknown, status: number): Problem {
	const { code, title, detail, request_id, errors, type: _type, instance: _instance, status: _status, ...members } = isObject(body) ? body : {};
	return {
		code: text(code, "unknown"),
		title: text(title, "The request was refused"),
		detail: text(detail, `The server answered with status ${status}. Try again; if it stays so, tell support.`),
		status,
		request_id: typeof request_id === "string" ? request_id : null,
		errors: errorsOf(errors),
		members,
	};
}

/** The body of a successful answer; throws `Refused` for every other, also when there was none. */
export async function answered<T>(asked: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
	let answer: { data?: T; error?: unknown; response: Response };
	try {
		answer = await asked;
	} catch {
		throw new Refused(UNREACHABLE);
	}
	if (!answer.response.ok) throw new Refused(problemOf(answer.error, answer.response.status));
	return bodyOf(answer.data);
}

/** Guarantee: the response was a 2xx, whose body the reference describes; `undefined` where it has none. */
function bodyOf<T>(data: T | undefined): T {
	return data as T;
}

export function isRefusal(error: unknown, ...codes: readonly string[]): error is Refused {
	return error instanceof Refused && (codes.length === 0 || codes.includes(error.problem.code));
}
