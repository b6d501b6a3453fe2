import type { DeliveryStatus } from "./queries.ts";

const STATUSES: readonly DeliveryStatus[] = ["pending", "delivered", "failed"];

/** The state of the page, as search parameters of the address. */
export interface WebhooksSearch {
	/** The id of the webhook whose deliveries are shown. */
	webhook?: string;
	/** Shows deliveries of this status only. */
	status?: DeliveryStatus;
}

/** Parses the search parameters; ignores unknown or invalid ones. */
export function webhooksSearchFrom(search: Readonly<Record<string, unknown>>): WebhooksSearch {
	const status = STATUSES.find((known) => known === search.status);
	return {
		...(typeof search.webhook === "string" && search.webhook !== "" ? { webhook: search.webhook } : {}),
		...(status === undefined ? {} : { status }),
	};
}
