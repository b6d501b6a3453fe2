import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import type { FramedRequest } from "./framed-request.ts";
import { getPath } from "./framing.ts";
import type { ProblemDetails } from "./problem.ts";

/** The readiness check of load balancers. */
const READY = "/readyz";
/** Event loop turns without a new arrival after which all pending connections are accepted and read: one turn accepts, the next reads. */
const QUIET_TURNS = 3;
/** Bounds the wait under load, when every turn has new arrivals. */
const TURNS_MAX = 1_000;

const STOPPING: ProblemDetails = {
	code: "unavailable",
	detail: "This server is shutting down. Send requests to another server, or retry later.",
};

/** Graceful shutdown of the listener: each connection closes after its pending response, and `/readyz` fails. */
export class Stop {
	/** The latest response of each open connection. */
	readonly answering = new Map<Duplex, ServerResponse>();
	#begun = false;
	#arrivals = 0;

	get begun(): boolean {
		return this.#begun;
	}

	/** Counts a new connection or request. */
	countArrival(): void {
		this.#arrivals += 1;
	}

	/** Closes the connection after the response to a request that arrived during shutdown. */
	endWith(response: ServerResponse): void {
		this.countArrival();
		response.setHeader("connection", "close");
	}

	/**
	 * Closes each connection after its pending response. Once this resolves, connections without a request can be closed: everything that
	 * had arrived is being processed.
	 */
	async begin(): Promise<void> {
		this.#begun = true;
		for (const response of this.answering.values()) if (!response.headersSent) response.setHeader("connection", "close");
		for (let turns = 0, quiet = 0; quiet < QUIET_TURNS && turns < TURNS_MAX; turns += 1) {
			const before = this.#arrivals;
			await turn();
			quiet = this.#arrivals === before ? quiet + 1 : 0;
		}
	}

	/** The refusal of `/readyz` during shutdown; null for every other request. */
	refusalOf(request: FramedRequest): ProblemDetails | null {
		return this.#begun && getPath(request) === READY ? STOPPING : null;
	}
}
