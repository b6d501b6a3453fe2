import type { ChangeContext } from "../audit/change.ts";
import { ApiError } from "../core/error.ts";
import { HOUR_MS } from "../core/time.ts";
import { CALL_ERRORS, type CallError, type Outgoing } from "../outbox/outgoing/outgoing.ts";
import type { WebhookKeys } from "./secrets.ts";
import type { TestPace } from "./test-pace.ts";

export const WEBHOOKS_MAX = 20;
/** From then on, the operator is warned of a webhook of theirs that accepts nothing; for tenants, the rule `webhook_failing` has a threshold. */
export const FAILING_AFTER_MS = HOUR_MS;
export const WEBHOOK_STATUSES = ["active", "disabled"] as const;
export type WebhookStatus = (typeof WEBHOOK_STATUSES)[number];
/** `gone`: the receiver answered 410. `failing`: it accepted nothing for as long as a delivery is attempted. */
export const DISABLED_REASONS = ["by_request", "gone", "failing"] as const;
export type DisabledReason = (typeof DISABLED_REASONS)[number];
export const DELIVERY_STATUSES = ["pending", "delivered", "failed"] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** An endpoint that receives events: of one tenant, or for `ALL_TENANTS` of every tenant. */
export interface Webhook {
	readonly tenant_id: string;
	readonly id: string;
	readonly url: string;
	/** Null: every type. */
	readonly events: string[] | null;
	readonly status: WebhookStatus;
	readonly disabled_reason: DisabledReason | null;
	readonly created_at: Date;
	readonly previous_expires_at: Date | null;
	readonly failing_since: Date | null;
	readonly last_attempt: LastAttempt | null;
}

/** The outcome of the latest attempt at an endpoint, as it is stored. */
export interface LastAttempt {
	readonly at: string;
	readonly status: DeliveryStatus;
	readonly response_status: number | null;
	readonly error: CallError | null;
}

/** The context of actions that create secrets of webhooks or call their receivers. */
export interface WebhookContext extends ChangeContext {
	readonly webhook_keys: WebhookKeys;
	readonly outgoing: Outgoing;
	readonly webhook_tests: TestPace;
}

export function webhookNotFound(): ApiError {
	return new ApiError("not_found", "There is no webhook with this id.");
}

/** Throws 400 for a URL that cannot be called, as far as that is known without its name server. */
export function assertUrl({ outgoing }: Pick<WebhookContext, "outgoing">, url: string): void {
	const fault = outgoing.validate(url);
	if (fault === null) return;
	throw new ApiError("invalid_request", "The URL cannot be called. Correct what `errors` names.", { errors: [{ pointer: "/url", detail: fault }] });
}

/** The part of a URL that may be logged, audited and sent to others: paths and queries of receivers often contain a secret. */
export function getOrigin(url: string): string {
	return new URL(url).origin;
}

/** The text of a stored error, which the response shows. */
export function errorText(error: string | null): string | null {
	return error === null ? null : isCallError(error) ? CALL_ERRORS[error] : error;
}

function isCallError(error: string): error is CallError {
	return Object.hasOwn(CALL_ERRORS, error);
}

/** The 409 of a repeat whose first request returned a secret. */
export function secretShownBefore(webhook_id: string): ApiError {
	return new ApiError(
		"secret_already_issued",
		"This request was made before, and its secret was returned then. If the secret is lost, replace it with `rotate-secret`.",
		{ members: { webhook_id } },
	);
}
