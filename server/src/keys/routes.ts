import { type Row, route } from "../http/route.ts";
import type { KeysContext } from "./context.ts";
import { createKey } from "./create.ts";
import { getKey } from "./get.ts";
import { listKeys } from "./list.ts";
import { pauseKey } from "./pause.ts";
import { resumeKey } from "./resume.ts";
import { revokeKey } from "./revoke.ts";
import { CreatedKey, CreateInput, KeyPage, KeySchema, ListQuery, RevokeInput, UpdateInput } from "./schema.ts";
import { updateKeySettings } from "./update.ts";

export const keyRoutes: readonly Row<KeysContext>[] = [
	route({
		method: "GET",
		path: "/api/v1/tenants/:tenant_id/api-keys",
		access: "viewer",
		summary: "List the API keys of a tenant, newest first",
		status: 200,
		query: ListQuery,
		output: KeyPage,
		run: listKeys,
	}),
	route({
		method: "POST",
		path: "/api/v1/tenants/:tenant_id/api-keys",
		access: "admin",
		summary: "Create an API key; its raw key is in this response only",
		status: 201,
		body: CreateInput,
		output: CreatedKey,
		run: createKey,
	}),
	route({
		method: "GET",
		path: "/api/v1/tenants/:tenant_id/api-keys/:key_id",
		access: "viewer",
		summary: "Read an API key",
		status: 200,
		output: KeySchema,
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
		summary: "Revoke an API key for good; no node accepts it once this has answered",
		status: 200,
		while_suspended: true,
		body: RevokeInput,
		output: KeySchema,
		run: revokeKey,
	}),
	route({
		method: "POST",
		path: "/api/v1/tenants/:tenant_id/api-keys/:key_id/pause",
		access: "admin",
		summary: "Pause an API key: it is refused until it is resumed",
		status: 200,
		output: KeySchema,
		run: pauseKey,
	}),
	route({
		method: "POST",
		path: "/api/v1/tenants/:tenant_id/api-keys/:key_id/resume",
		access: "admin",
		summary: "Let a paused API key work again",
		status: 200,
		output: KeySchema,
		run: resumeKey,
	}),
];
