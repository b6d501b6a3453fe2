import { IncomingMessage } from "node:http";
import { newId } from "../core/id.ts";

/** A request as it came in, with what every route needs to know of its headers, gathered in one pass. */
export class FramedRequest extends IncomingMessage {
	readonly request_id = newId("req");
	/** The one `X-API-Key`, as sent; null when there is none. */
	raw_key: string | null = null;
	authorization: string | null = null;
	/** `X-Keywright-Client`: what the caller calls itself. */
	client_name: string | null = null;
	/** Where the query begins in `url`, or -1. */
	query_at = -1;
	/** Runs while a JSON body is on its way. */
	body_timer: NodeJS.Timeout | null = null;
	/** The client waits for `100 Continue`; nobody has sent it yet. */
	awaits_continue = false;
}
