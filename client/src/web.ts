import type { Problem } from "./problem.ts";

/** Converts a problem to a web-standard response. `close` closes the connection afterwards, for a request with an unread body. */
export function toResponse(problem: Problem, close = false): Response {
	return new Response(problem.body, { status: problem.status, headers: close ? { ...problem.headers, Connection: "close" } : problem.headers });
}

/** Adds the headers that a handler did not set. Copies a response with immutable headers, such as one of `fetch`. */
export function withHeaders(response: Response, headers: Readonly<Record<string, string>>): Response {
	const missing = Object.entries(headers).filter(([name]) => !response.headers.has(name));
	try {
		for (const [name, value] of missing) response.headers.set(name, value);
		return response;
	} catch {
		const copy = new Response(response.body, response);
		for (const [name, value] of missing) copy.headers.set(name, value);
		return copy;
	}
}
