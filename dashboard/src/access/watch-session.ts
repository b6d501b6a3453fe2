import { api } from "../http/api.ts";
import { queries } from "../http/queries.ts";
import { type Session, sessionQuery } from "./session.ts";

/** Where who is signed in, and as what, is asked about with every request. */
const WATCHED = /^\/api\/v1\/(?:session|tenants\/)/;

/**
 * Hears every refusal. A session that is over leads to where it can be begun again. After a refusal for the person's role or membership both are
 * asked for anew, so that the page shows what they are now.
 */
export function watchSession(onOver: (kind: Session["person"]["kind"]) => void): void {
	api.use({
		onResponse({ response, request }) {
			if (!WATCHED.test(new URL(request.url).pathname)) return;
			const known = queries.getQueryData(sessionQuery.queryKey);
			if (known === undefined) return;
			if (response.status === 401) onOver(known.person.kind);
			if (response.status === 403 || response.status === 404) standAnew();
		},
	});
}

function standAnew(): void {
	void queries.invalidateQueries({ queryKey: sessionQuery.queryKey }, { cancelRefetch: false });
	void queries.invalidateQueries({ queryKey: ["access"] }, { cancelRefetch: false });
}
