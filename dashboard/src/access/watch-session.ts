import { api } from "../http/api.ts";
import { queries } from "../http/queries.ts";
import { type Session, sessionQuery } from "./session.ts";

/** Where who is signed in, and as what, is asked about with every request. */
const WATCHED = /^\/api\/v1\/(?:session|tenants\/)/;
const SESSION = "/api/v1/session";
/** A refusal waits this long at most for the page that it ends to be left, so that the page does not fail on its way out. */
const LEAVING_MS = 2_000;

/**
 * Hears every refusal. A session that is over leads to where it can be begun again; `leave` goes there. After a refusal for the person's role or
 * membership both are asked for anew, so that the page shows what they are now.
 */
export function watchSession(leave: (kind: Session["person"]["kind"]) => Promise<void>): void {
	api.use({
		async onResponse({ response, request }) {
			if (!WATCHED.test(new URL(request.url).pathname)) return;
			const known = queries.getQueryData(sessionQuery.queryKey);
			if (known === undefined) return;
			if (response.status === 401) await briefly(leave(known.person.kind));
			if (request.url.endsWith(SESSION)) return;
			if (response.status === 403 || response.status === 404) await briefly(standAnew());
		},
	});
}

function briefly(work: Promise<unknown>): Promise<unknown> {
	return Promise.race([work, new Promise((resolve) => setTimeout(resolve, LEAVING_MS))]);
}

/** What the person may do is not waited for: the question itself may be what was refused. */
function standAnew(): Promise<void> {
	void queries.invalidateQueries({ queryKey: ["access"] }, { cancelRefetch: false });
	return queries.invalidateQueries({ queryKey: sessionQuery.queryKey }, { cancelRefetch: false });
}
