import { IncomingMessage } from "node:http";
import { newRequestId } from "../core/request-id.ts";

/** An incoming request with the headers that every route needs, collected in one pass. */
export class FramedRequest extends IncomingMessage {
	readonly request_id = newRequestId();
	/** The one `X-API-Key`, as sent; null when there is none. */
	raw_key: string | null = null;
	authorization: string | null = null;
	/** `X-Keywright-Client`: the client name that the caller declares. */
	client_name: string | null = null;
	/** Where the query begins in `url`, or -1. */
	query_at = -1;
	/** Runs while a JSON body is being received. */
	body_timer: NodeJS.Timeout | null = null;
	/** True until `100 Continue` is sent to a client that expects it. */
	awaits_continue = false;
}
