import Type from "typebox";
import { type Route, route } from "../http/route.ts";
import { ACTIVITY_KEYS_MAX, keysActivity } from "../usage/key-activity.ts";
import { budgetRoutes } from "./budgets/preview.ts";
import type { HandoverContext } from "./context.ts";
import { createKey } from "./create.ts";
import { createKeyForHandover } from "./handovers/create-key.ts";
import { handoverRoutes } from "./handovers/routes.ts";
import { pauseKey, resumeKey } from "./pause.ts";
import { getKey, keyFilterOptions, listKeys } from "./read.ts";
import { revokeKey } from "./revocation/revoke.ts";
import {
	CreatedForHandover,
	CreatedKey,
	CreateRequestInput,
	KEY_ID_CHARACTERS_MAX,
	KeyEverywhere,
	KeyFilterOptions,
	KeyPage,
	KeySchema,
	ListQuery,
	ReissuedKey,
	RevokeInput,
	StorageLocationInput,
	UpdateInput,
} from "./schema.ts";
import { reissueKey } from "./secrets/reissue.ts";
import { setStorageLocation } from "./secrets/storage-location.ts";
import { bulkRevoke } from "./together/bulk-revoke.ts";
import { BulkRevoked, BulkRevokeInput, TransferInput, Transferred } from "./together/schema.ts";
import { transferKeys } from "./together/transfer.ts";
import { updateKeySettings } from "./update.ts";

const ActivityQuery = Type.Object(
	{
		key_ids: Type.String({
			maxLength: ACTIVITY_KEYS_MAX * (KEY_ID_CHARACTERS_MAX + 1),
			description: `At most ${ACTIVITY_KEYS_MAX}, separated by commas`,
		}),
	},
	{ additionalProperties: false },
);
const Activity = Type.Object({
	data: Type.Array(
		Type.Object({
			key_id: Type.String(),
			hours: Type.Array(
				Type.Object({
					start: Type.String({ format: "date-time" }),
					allowed: Type.Integer(),
					refused: Type.Integer(),
					ended: Type.Integer({ description: "Refused requests with a secret that was revoked, expired or replaced" }),
				}),
			),
		}),
	),
});

export const keyRoutes: readonly Route<HandoverContext>[] = [
	...handoverRoutes,
	...budgetRoutes,
	route({
		method: "GET",
		path: "/api/v1/tenants/:tenant_id/api-keys",
		access: "viewer",
		summary: "List the API keys of a tenant, newest first or by `sort`",
		status: 200,
		query: ListQuery,
		output: KeyPage,
		reads_usage: true,
		run: listKeys,
	}),
	route({
		method: "POST",
		path: "/api/v1/tenants/:tenant_id/api-keys",
		access: "admin",
		confirm: true,
		summary: "Create an API key; its raw key, or the one-time link for its recipient, is only in this response",
		status: 201,
		body: CreateRequestInput,
		output: Type.Union([CreatedKey, CreatedForHandover]),
		run: (context: HandoverContext, { handover, ...input }) =>
			handover === undefined ? createKey(context, input) : createKeyForHandover(context, { ...input, handover }),
	}),
	route({
		method: "GET",
		path: "/api/v1/tenants/:tenant_id/api-keys/activity",
		access: "viewer",
		summary: "Requests of keys in the last 24 hours, by hour",
		status: 200,
		query: ActivityQuery,
		output: Activity,
		reads_usage: true,
		run: keysActivity,
	}),
	route({
		method: "GET",
		path: "/api/v1/tenants/:tenant_id/api-keys/choices",
		access: "viewer",
		summary: "The names, integrations and owners among the tenant's API keys, at most 1,000 of each",
		status: 200,
		output: KeyFilterOptions,
		run: keyFilterOptions,
	}),
	route({
		method: "POST",
		path: "/api/v1/tenants/:tenant_id/api-keys/bulk-revoke",
		access: "admin",
		summary: "Revoke several API keys permanently in one change, or preview which",
		status: 200,
		while_suspended: true,
		body: BulkRevokeInput,
		output: BulkRevoked,
		run: bulkRevoke,
	}),
	route({
		method: "POST",
		path: "/api/v1/tenants/:tenant_id/api-keys/transfer",
		access: "admin",
		summary: "Make a member responsible for all API keys of a person in one change, or preview which",
		status: 200,
		body: TransferInput,
		output: Transferred,
		run: transferKeys,
	}),
	route({
		method: "GET",
		path: "/api/v1/tenants/:tenant_id/api-keys/:key_id",
		access: "viewer",
		summary: "Read an API key",
		status: 200,
		output: KeySchema,
		reads_usage: true,
		run: getKey,
	}),
	route({
		method: "PATCH",
		path: "/api/v1/tenants/:tenant_id/api-keys/:key_id",
		access: "admin",
		summary: "Change an API key; its tenant and environment never change",
		status: 200,
		body: UpdateInput,
		output: KeySchema,
		run: updateKeySettings,
	}),
	route({
		method: "POST",
		path: "/api/v1/tenants/:tenant_id/api-keys/:key_id/revoke",
		access: "admin",
		summary: "Revoke an API key permanently; no node accepts it after this response",
		status: 200,
		while_suspended: true,
		body: RevokeInput,
		output: KeyEverywhere,
		run: revokeKey,
	}),
	route({
		method: "POST",
		path: "/api/v1/tenants/:tenant_id/api-keys/:key_id/pause",
		access: "admin",
		summary: "Pause an API key: it is refused until it is resumed",
		status: 200,
		output: KeyEverywhere,
		run: pauseKey,
	}),
	route({
		method: "POST",
		path: "/api/v1/tenants/:tenant_id/api-keys/:key_id/resume",
		access: "admin",
		summary: "Resume a paused API key",
		status: 200,
		output: KeySchema,
		run: resumeKey,
	}),
	route({
		method: "POST",
		path: "/api/v1/tenants/:tenant_id/api-keys/:key_id/reissue",
		access: "admin",
		confirm: true,
		summary: "Replace a secret that was lost before its first use; the new raw key is only in this response",
		status: 201,
		output: ReissuedKey,
		run: reissueKey,
	}),
	route({
		method: "PUT",
		path: "/api/v1/tenants/:tenant_id/api-keys/:key_id/kept-in",
		access: "admin",
		summary: "Record where the key's secret is stored",
		status: 200,
		body: StorageLocationInput,
		output: KeySchema,
		run: setStorageLocation,
	}),
];
