import { createHash } from "node:crypto";
import type { Server } from "node:http";
import type { KeywrightError } from "../../src/report.ts";
import { CREDENTIAL, closeServer, listen } from "../peer.ts";
import type { Host } from "../run-behaviour.ts";

export const BODY_BYTES_MAX = 6_000_000;

/** An asynchronous rule, which the types reject. */
export const LATE: never = asNever(async () => ({ exports: 5 }));

/** Rules that untyped code can pass. */
function asNever(value: unknown): never {
	return value as never;
}

/** What handlers record, and the guard options of every host. */
export function startNotes(url: string) {
	const handled: unknown[] = [];
	const errors: { reason: string }[] = [];
	return {
		handled,
		errors,
		reset: () => {
			handled.length = 0;
			errors.length = 0;
		},
		options: { url, credential: CREDENTIAL, timeout_ms: 2000, realm: "orders", on_error: ({ reason }: KeywrightError) => errors.push({ reason }) },
	};
}

export function getNote(body: unknown): unknown {
	const item = typeof body === "object" && body !== null && "item" in body ? String(body.item) : "";
	return { item_sha256: createHash("sha256").update(item).digest("hex") };
}

/** Starts the server; `close` stops it and closes the guard. */
export async function serve(server: Server, closeGuard: () => void): Promise<Host> {
	const close = async (): Promise<void> => {
		closeGuard();
		await closeServer(server);
	};
	return { url: await listen(server), close };
}
