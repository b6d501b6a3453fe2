import type { Problem } from "./problem.ts";

/** A problem as a web-standard response; `close` ends the connection after it, for a body that nobody will read. */
export function responseOf(problem: Problem, close = false): Response {
	return new Response(problem.body, { status: problem.status, headers: close ? { ...problem.headers, Connection: "close" } : problem.headers });
}

/** Adds the headers that a handler did not set itself. A response whose headers are fixed, such as one of `fetch`, is copied. */
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
