const TIMEOUT_MS = 10_000;

/** An error of the operator API, or no response, with a message for the person who runs the example. */
export class OperatorError extends Error {
	override readonly name = "OperatorError";
}

export interface Operator {
	/** Sends JSON and returns the JSON of a 2xx response; throws `OperatorError` otherwise. */
	call(method: string, path: string, body?: unknown): Promise<Record<string, unknown>>;
	/** All entries of a paginated list. */
	list(path: string): Promise<Record<string, unknown>[]>;
}

/** A client of Keywright's operator API with a bearer token. */
export function createOperator(url: string, token: string): Operator {
	async function call(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
		const response = await fetch(url + path, {
			method,
			redirect: "error",
			signal: AbortSignal.timeout(TIMEOUT_MS),
			headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { "content-type": "application/json" }) },
			...(body === undefined ? {} : { body: JSON.stringify(body) }),
		});
		const text = await response.text();
		if (!response.ok) throw new OperatorError(`${method} ${path} answered ${response.status}: ${text}`);
		return text === "" ? {} : asRecord(JSON.parse(text));
	}

	return {
		call,
		async list(path) {
			const entries: Record<string, unknown>[] = [];
			let cursor: unknown = null;
			do {
				const page = await call("GET", typeof cursor === "string" ? `${path}?cursor=${encodeURIComponent(cursor)}` : path);
				if (!Array.isArray(page.data)) throw new OperatorError(`GET ${path} answered no list`);
				entries.push(...page.data.map(asRecord));
				cursor = page.next_cursor;
			} while (typeof cursor === "string");
			return entries;
		},
	};
}

/** Whether Keywright answers at this URL. */
export async function isRunning(url: string): Promise<boolean> {
	try {
		return (await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(TIMEOUT_MS) })).ok;
	} catch {
		return false;
	}
}

export function asRecord(value: unknown): Record<string, unknown> {
	if (typeof value !== "object" || value === null || Array.isArray(value)) throw new OperatorError("Keywright's answer is no JSON object");
	return { ...value };
}

export function asText(value: unknown): string {
	if (typeof value !== "string") throw new OperatorError("Keywright's answer lacks a text");
	return value;
}
