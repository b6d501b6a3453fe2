import { infiniteQueryOptions, keepPreviousData, queryOptions, useQueryClient } from "@tanstack/react-query";
import { answered, api } from "../http/api.ts";
import { cacheRoots } from "../http/cache-roots.ts";
import type { paths } from "../http/openapi.gen.ts";
import { SHARED_STATE } from "../http/queries.ts";

/** More than a tenant can have: the list needs no second page. */
const ALL_ROWS = 100;
const PAGE_ROWS = 20;
const TENANT = "/api/v1/tenants/{tenant_id}/webhooks";
const OPERATOR = "/api/v1/operator/webhooks";

type OfTenant = paths[typeof TENANT];
export type Webhook = OfTenant["get"]["responses"][200]["content"]["application/json"]["data"][number];
export type WebhookInput = OfTenant["post"]["requestBody"]["content"]["application/json"];
export type MadeWebhook = OfTenant["post"]["responses"][201]["content"]["application/json"];
export type EventType = NonNullable<WebhookInput["events"]>[number];
export type TestResult = paths[`${typeof TENANT}/{webhook_id}/test`]["post"]["responses"][200]["content"]["application/json"];
export type Delivery = paths[`${typeof TENANT}/{webhook_id}/deliveries`]["get"]["responses"][200]["content"]["application/json"]["data"][number];
export type DeliveryStatus = Delivery["status"];

/** Whose webhooks: the id of a tenant, or null for those of the operator. */
export type Owner = string | null;

/** The webhooks, newest first. */
export const webhooksQuery = (owner: Owner) =>
	queryOptions({
		queryKey: [...cacheRoots.webhooks(owner), "list"],
		async queryFn() {
			const query = { limit: ALL_ROWS };
			const page =
				owner === null
					? await answered(api.GET(OPERATOR, { params: { query } }))
					: await answered(api.GET(TENANT, { params: { path: { tenant_id: owner }, query } }));
			return page.data;
		},
		...SHARED_STATE,
	});

/** The deliveries of a webhook, the latest event first; null: of every status. */
export const deliveriesQuery = (owner: Owner, webhook_id: string, status: DeliveryStatus | null) =>
	infiniteQueryOptions({
		queryKey: [...cacheRoots.webhooks(owner), "deliveries", webhook_id, status],
		initialPageParam: "",
		queryFn: ({ pageParam }) => {
			const query = { limit: PAGE_ROWS, ...(status === null ? {} : { status }), ...(pageParam === "" ? {} : { cursor: pageParam }) };
			return owner === null
				? answered(api.GET(`${OPERATOR}/{webhook_id}/deliveries`, { params: { path: { webhook_id }, query } }))
				: answered(api.GET(`${TENANT}/{webhook_id}/deliveries`, { params: { path: { tenant_id: owner, webhook_id }, query } }));
		},
		getNextPageParam: (page) => page.next_cursor,
		placeholderData: keepPreviousData,
		...SHARED_STATE,
	});

export function createWebhook(owner: Owner, body: WebhookInput): Promise<MadeWebhook> {
	return owner === null ? answered(api.POST(OPERATOR, { body })) : answered(api.POST(TENANT, { params: { path: { tenant_id: owner } }, body }));
}

/** Changes address, types or status. */
export function updateWebhook(owner: Owner, webhook_id: string, body: Partial<WebhookInput> & { status?: Webhook["status"] }): Promise<Webhook> {
	return owner === null
		? answered(api.PATCH(`${OPERATOR}/{webhook_id}`, { params: { path: { webhook_id } }, body }))
		: answered(api.PATCH(`${TENANT}/{webhook_id}`, { params: { path: { tenant_id: owner, webhook_id } }, body }));
}

export async function deleteWebhook(owner: Owner, webhook_id: string): Promise<true> {
	if (owner === null) await answered(api.DELETE(`${OPERATOR}/{webhook_id}`, { params: { path: { webhook_id } } }));
	else await answered(api.DELETE(`${TENANT}/{webhook_id}`, { params: { path: { tenant_id: owner, webhook_id } } }));
	return true;
}

/** Sends a test event and waits for the receiver's response, up to 10 seconds. */
export function testWebhook(owner: Owner, webhook_id: string): Promise<TestResult> {
	return owner === null
		? answered(api.POST(`${OPERATOR}/{webhook_id}/test`, { params: { path: { webhook_id } } }))
		: answered(api.POST(`${TENANT}/{webhook_id}/test`, { params: { path: { tenant_id: owner, webhook_id } } }));
}

export function replaceSecret(owner: Owner, webhook_id: string, overlap_seconds: number): Promise<MadeWebhook> {
	const body = { overlap_seconds };
	return owner === null
		? answered(api.POST(`${OPERATOR}/{webhook_id}/rotate-secret`, { params: { path: { webhook_id } }, body }))
		: answered(api.POST(`${TENANT}/{webhook_id}/rotate-secret`, { params: { path: { tenant_id: owner, webhook_id } }, body }));
}

export function replayDelivery(owner: Owner, webhook_id: string, delivery_id: string): Promise<Delivery> {
	return owner === null
		? answered(api.POST(`${OPERATOR}/{webhook_id}/deliveries/{delivery_id}/replay`, { params: { path: { webhook_id, delivery_id } } }))
		: answered(
				api.POST(`${TENANT}/{webhook_id}/deliveries/{delivery_id}/replay`, { params: { path: { tenant_id: owner, webhook_id, delivery_id } } }),
			);
}

/** Invalidates the webhooks of an owner with their deliveries. */
export function useWebhooksChanged(owner: Owner): () => void {
	const queries = useQueryClient();
	return () => void queries.invalidateQueries({ queryKey: cacheRoots.webhooks(owner) });
}
