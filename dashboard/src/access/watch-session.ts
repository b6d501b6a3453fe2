import { api } from "../http/api.ts";
import { cacheRoots } from "../http/cache-roots.ts";
import { queries } from "../http/queries.ts";
import { type Session, sessionQuery } from "./session.ts";

/** Routes that check the session and the role on every request. */
const WATCHED = /^\/api\/v1\/(?:session|tenants\/|operator\/)/;
const SESSION = "/api/v1/session";
/** How long a refused response is delayed at most, so that the page is left before it renders the error. */
const LEAVING_MS = 2_000;

/**
 * Watches every response. 401 means that the session has ended: `leave` opens the page that starts a new one. 403 and 404 may mean that the
 * person's role or membership changed: both are refetched.
 */
export function watchSession(leave: (kind: Session["person"]["kind"]) => Promise<void>): void {
	api.use({
		async onResponse({ response, request }) {
			if (!WATCHED.test(new URL(request.url).pathname)) return;
			const known = queries.getQueryData(sessionQuery.queryKey);
			if (known === undefined) return;
			if (response.status === 401) await briefly(leave(known.person.kind));
			if (request.url.endsWith(SESSION)) return;
			if (response.status === 403 || response.status === 404) await briefly(refetchAccess());
		},
	});
}

function briefly(work: Promise<unknown>): Promise<unknown> {
	return Promise.race([work, new Promise((resolve) => setTimeout(resolve, LEAVING_MS))]);
}

/** Refetches session and access. It does not await the access query, which may be the request that was refused. */
function refetchAccess(): Promise<void> {
	void queries.invalidateQueries({ queryKey: cacheRoots.access() }, { cancelRefetch: false });
	return queries.invalidateQueries({ queryKey: sessionQuery.queryKey }, { cancelRefetch: false });
}
