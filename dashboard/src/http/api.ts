import createClient, { type Middleware } from "openapi-fetch";
import type { paths } from "./openapi.gen.ts";
import { setReachable } from "./reachable.ts";

/** After this time an error is more useful to a person than further waiting. */
const TIMEOUT_MS = 20_000;

/** The server's error response (RFC 9457). */
export interface Problem {
	readonly code: string;
	readonly title: string;
	readonly detail: string;
	readonly status: number;
	readonly request_id: string | null;
	readonly errors: readonly { readonly pointer: string; readonly detail: string }[];
	/** Extension members of this code, such as `key_id`. */
	readonly members: Readonly<Record<string, unknown>>;
}

/** An error response, thrown by `answered`; its message is shown to the person. */
export class ApiError extends Error {
	override readonly name = "ApiError";
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

/** The server's API, typed by its OpenAPI document: `api.GET("/api/v1/session")`. */
export const api = createClient<paths>({ baseUrl: "", credentials: "same-origin", headers: { accept: "application/json" } });
api.use(timeout);

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown, otherwise: string): string {
	return typeof value === "string" && value !== "" ? value : otherwise;
}

function getErrors(value: unknown): Problem["errors"] {
	if (!Array.isArray(value)) return [];
	return value.flatMap((entry: unknown) =>
		isObject(entry) && typeof entry.pointer === "string" && typeof entry.detail === "string"
			? [{ pointer: entry.pointer, detail: entry.detail }]
			: [],
	);
}

/** The problem in a response other than 2xx, with defaults where the body is not a problem document. */
export function toProblem(body: unknown, status: number): Problem {
	const { code, title, detail, request_id, errors, type: _type, instance: _instance, status: _status, ...members } = isObject(body) ? body : {};
	return {
		code: text(code, "unknown"),
		title: text(title, "The request was refused"),
		detail: text(detail, `The server answered with status ${status}. Try again; if it stays so, tell support.`),
		status,
		request_id: typeof request_id === "string" ? request_id : null,
		errors: getErrors(errors),
		members,
	};
}

/** What JSON bodies are; an operation that also answers as a file has text as another type. */
type Json<T> = Exclude<T, string>;

/** The body of a 2xx response. Throws `ApiError` for every other response, and when there was none. */
export async function answered<T>(asked: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<Json<T>> {
	let answer: { data?: T; error?: unknown; response: Response };
	try {
		answer = await asked;
	} catch {
		setReachable(false);
		throw new ApiError(UNREACHABLE);
	}
	setReachable(true);
	if (!answer.response.ok) throw new ApiError(toProblem(answer.error, answer.response.status));
	return toBody(answer.data);
}

/** Guarantee: the response was 2xx, so its body matches the OpenAPI document, as JSON: `api` accepts nothing else. `undefined` where it has none. */
function toBody<T>(data: T | undefined): Json<T> {
	return data as Json<T>;
}

export function isApiError(error: unknown, ...codes: readonly string[]): error is ApiError {
	return error instanceof ApiError && (codes.length === 0 || codes.includes(error.problem.code));
}
