import Type from "typebox";
import { ALL_TENANTS } from "../core/context.ts";
import { pageQuery, pageSchema } from "../http/input/cursor.ts";
import { type Route, route } from "../http/route.ts";
import { createWebhook } from "./create.ts";
import { listDeliveries, replay } from "./deliveries.ts";
import { rotateSecret } from "./rotate-secret.ts";
import { DeliverySchema, RotateSecretInput, TestSchema, WebhookInput, WebhookPatch, WebhookSchema, WebhookWithSecret } from "./schema.ts";
import { sendTest } from "./send-test.ts";
import { DELIVERY_STATUSES, type WebhookContext } from "./webhook.ts";
import { deleteWebhook, getWebhook, listWebhooks, updateWebhookSettings } from "./webhooks.ts";

const page = Type.Object(pageQuery, { additionalProperties: false });
const deliveriesQuery = Type.Object({ ...pageQuery, status: Type.Optional(Type.Enum([...DELIVERY_STATUSES])) }, { additionalProperties: false });

/** Puts the owner of the operator's webhooks where a management route has the tenant of its path. */
function ofOperator<I extends object>(input: I): I & { tenant_id: string } {
	return { ...input, tenant_id: ALL_TENANTS };
}

export const managementWebhookRoutes: readonly Route<WebhookContext>[] = [
	route({
		method: "GET",
		path: "/api/v1/tenants/:tenant_id/webhooks",
		access: "admin",
		summary: "List the webhooks",
		status: 200,
		query: page,
		output: pageSchema(WebhookSchema),
		run: (context: WebhookContext, input) => listWebhooks(context, input),
	}),
	route({
		method: "POST",
		path: "/api/v1/tenants/:tenant_id/webhooks",
		access: "admin",
		confirm: true,
		summary: "Create a webhook, which receives later events; its secret is shown once",
		status: 201,
		body: WebhookInput,
		output: WebhookWithSecret,
		run: createWebhook,
	}),
	route({
		method: "GET",
		path: "/api/v1/tenants/:tenant_id/webhooks/:webhook_id",
		access: "admin",
		summary: "Read a webhook",
		status: 200,
		output: WebhookSchema,
		run: (context: WebhookContext, input) => getWebhook(context, input),
	}),
	route({
		method: "PATCH",
		path: "/api/v1/tenants/:tenant_id/webhooks/:webhook_id",
		access: "admin",
		confirm: true,
		summary: "Change a webhook's URL or events, or disable or enable it",
		status: 200,
		body: WebhookPatch,
		output: WebhookSchema,
		run: updateWebhookSettings,
	}),
	route({
		method: "DELETE",
		path: "/api/v1/tenants/:tenant_id/webhooks/:webhook_id",
		access: "admin",
		while_suspended: true,
		summary: "Delete a webhook and its deliveries",
		status: 204,
		output: "none",
		run: (context: WebhookContext, input) => deleteWebhook(context, input),
	}),
	route({
		method: "POST",
		path: "/api/v1/tenants/:tenant_id/webhooks/:webhook_id/test",
		access: "admin",
		summary: "Send a test event once and return what the receiver answered",
		status: 200,
		output: TestSchema,
		run: sendTest,
	}),
	route({
		method: "POST",
		path: "/api/v1/tenants/:tenant_id/webhooks/:webhook_id/rotate-secret",
		access: "admin",
		confirm: true,
		summary: "Replace the secret; the previous one also signs for a while",
		status: 201,
		body: RotateSecretInput,
		output: WebhookWithSecret,
		run: rotateSecret,
	}),
	route({
		method: "GET",
		path: "/api/v1/tenants/:tenant_id/webhooks/:webhook_id/deliveries",
		access: "admin",
		summary: "List the deliveries of a webhook with what the receiver answered, the newest event first",
		status: 200,
		query: deliveriesQuery,
		output: pageSchema(DeliverySchema),
		run: (context: WebhookContext, input) => listDeliveries(context, input),
	}),
	route({
		method: "POST",
		path: "/api/v1/tenants/:tenant_id/webhooks/:webhook_id/deliveries/:delivery_id/replay",
		access: "admin",
		summary: "Deliver an event again",
		status: 200,
		output: DeliverySchema,
		run: (context: WebhookContext, input) => replay(context, input),
	}),
];

export const operatorWebhookRoutes: readonly Route<WebhookContext>[] = [
	route({
		method: "GET",
		path: "/api/v1/operator/webhooks",
		access: "operator",
		summary: "List the operator's webhooks",
		status: 200,
		query: page,
		output: pageSchema(WebhookSchema),
		run: (context: WebhookContext, input) => listWebhooks(context, ofOperator(input)),
	}),
	route({
		method: "POST",
		path: "/api/v1/operator/webhooks",
		access: "operator",
		confirm: true,
		summary: "Create a webhook, which receives later events of all tenants; its secret is shown once",
		status: 201,
		body: WebhookInput,
		output: WebhookWithSecret,
		run: (context: WebhookContext, input) => createWebhook(context, ofOperator(input)),
	}),
	route({
		method: "GET",
		path: "/api/v1/operator/webhooks/:webhook_id",
		access: "operator",
		summary: "Read a webhook of the operator",
		status: 200,
		output: WebhookSchema,
		run: (context: WebhookContext, input) => getWebhook(context, ofOperator(input)),
	}),
	route({
		method: "PATCH",
		path: "/api/v1/operator/webhooks/:webhook_id",
		access: "operator",
		confirm: true,
		summary: "Change the URL or events of a webhook of the operator, or disable or enable it",
		status: 200,
		body: WebhookPatch,
		output: WebhookSchema,
		run: (context: WebhookContext, input) => updateWebhookSettings(context, ofOperator(input)),
	}),
	route({
		method: "DELETE",
		path: "/api/v1/operator/webhooks/:webhook_id",
		access: "operator",
		confirm: true,
		summary: "Delete a webhook of the operator and its deliveries",
		status: 204,
		output: "none",
		run: (context: WebhookContext, input) => deleteWebhook(context, ofOperator(input)),
	}),
	route({
		method: "POST",
		path: "/api/v1/operator/webhooks/:webhook_id/test",
		access: "operator",
		summary: "Send a test event once to a webhook of the operator and return what the receiver answered",
		status: 200,
		output: TestSchema,
		run: (context: WebhookContext, input) => sendTest(context, ofOperator(input)),
	}),
	route({
		method: "POST",
		path: "/api/v1/operator/webhooks/:webhook_id/rotate-secret",
		access: "operator",
		confirm: true,
		summary: "Replace the secret of a webhook of the operator; the previous one also signs for a while",
		status: 201,
		body: RotateSecretInput,
		output: WebhookWithSecret,
		run: (context: WebhookContext, input) => rotateSecret(context, ofOperator(input)),
	}),
	route({
		method: "GET",
		path: "/api/v1/operator/webhooks/:webhook_id/deliveries",
		access: "operator",
		summary: "List the deliveries of a webhook of the operator, the newest event first",
		status: 200,
		query: deliveriesQuery,
		output: pageSchema(DeliverySchema),
		run: (context: WebhookContext, input) => listDeliveries(context, ofOperator(input)),
	}),
	route({
		method: "POST",
		path: "/api/v1/operator/webhooks/:webhook_id/deliveries/:delivery_id/replay",
		access: "operator",
		summary: "Deliver an event to a webhook of the operator again",
		status: 200,
		output: DeliverySchema,
		run: (context: WebhookContext, input) => replay(context, ofOperator(input)),
	}),
];
