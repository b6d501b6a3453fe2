import { accessQuery, profileQuery } from "../../access/session.ts";
import { queries } from "../../http/queries.ts";
import type { ListFilters } from "../list-filters.ts";
import { attentionQuery, choicesQuery, endingQuery, keysQuery } from "../queries.ts";

const ROW_PX = 44;
/** The parts above and below the rows: title, filters, head and foot. */
const AROUND_PX = 232;
const ROWS_MIN = 10;
const ROWS_MAX = 50;

/** As many rows as the window shows without scrolling. */
export function rowsThatFit(): number {
	return Math.min(ROWS_MAX, Math.max(ROWS_MIN, Math.floor((innerHeight - AROUND_PX) / ROW_PX)));
}

/** Requests everything that the list of keys shows first. Errors are shown by the page, whose queries try again. */
export function prefetchKeys(tenant_id: string | undefined, filters: ListFilters): void {
	if (tenant_id === undefined) return;
	void queries.prefetchInfiniteQuery(keysQuery(tenant_id, filters, rowsThatFit()));
	void queries.prefetchQuery(choicesQuery(tenant_id));
	void queries.prefetchQuery(accessQuery(tenant_id));
	void queries.prefetchQuery(endingQuery(tenant_id));
	void queries.prefetchQuery(profileQuery);
	void queries.prefetchQuery(attentionQuery(tenant_id));
}
