import { personRoutes as accountRoutes, type PersonRouteContext } from "./access/account/routes.ts";
import { operatorsRoutes } from "./access/operators/routes.ts";
import { type AnonymousRouteContext, anonymousPeopleRoutes, operatorPeopleRoutes } from "./access/people/routes.ts";
import type { SignInContext } from "./access/people/sign-in.ts";
import type { PortalLinkContext } from "./access/portal/links.ts";
import { managementPortalRoutes } from "./access/portal/routes.ts";
import { managementAccessRoutes, operatorServiceRoutes } from "./access/routes.ts";
import type { ServiceContext } from "./access/services/service.ts";
import { managementAlertRoutes } from "./alerts/routes.ts";
import type { AlertTestContext } from "./alerts/send-test.ts";
import type { ExportContext } from "./audit/export.ts";
import { managementAuditRoutes, operatorAuditRoutes } from "./audit/routes.ts";
import type { StateContext } from "./audit/state.ts";
import { keyedOperations } from "./checklist/operations.ts";
import { type ChecklistRouteContext, managementChecklistRoutes } from "./checklist/routes.ts";
import type { CallerContext } from "./core/caller.ts";
import type { DocumentsContext } from "./documents/context.ts";
import { keyedDocumentRoutes } from "./documents/routes.ts";
import { keyedFailureRoutes, managementFailureRoutes, operatorFailureRoutes } from "./failures/routes.ts";
import { forwardAuthRoutes, operatorForwardAuthRoutes } from "./forward-auth/routes.ts";
import type { ForwardAuthTestContext } from "./forward-auth/tester.ts";
import type { Route } from "./http/route.ts";
import { managementIncidentRoutes } from "./incidents/routes.ts";
import type { KeysContext, RecipientContext } from "./keys/context.ts";
import { publicKeyRoutes } from "./keys/handovers/routes.ts";
import { operatorImportedRoutes } from "./keys/imported/routes.ts";
import { operatorRemovalRoutes, removalRoutes } from "./keys/removals/preview.ts";
import { managementRotationRoutes } from "./keys/rotations/routes.ts";
import { keyRoutes } from "./keys/routes.ts";
import { siteUseRoutes } from "./keys/sites/routes.ts";
import { operatorLeakRoutes, type ProgrammeContext } from "./leaks/routes.ts";
import type { LimitsContext, TenantLimitsContext } from "./m2m/limits.ts";
import type { SelfContext } from "./m2m/own-key.ts";
import { m2mRoutes, managementLimitRoutes, ownKeyRoutes } from "./m2m/routes.ts";
import { mailPreferenceRoutes } from "./mailing/routes.ts";
import type { HealthContext } from "./overview/health.ts";
import { operatorOverviewRoutes } from "./overview/routes.ts";
import { managementCapabilityRoutes, operatorCapabilityRoutes } from "./plans/catalogue/routes.ts";
import type { ProfileContext } from "./plans/profile/live.ts";
import { managementPermissionRoutes, operatorPlanRoutes, operatorProfileRoutes } from "./plans/routes.ts";
import type { EraseContext } from "./tenants/erase.ts";
import { keyedSiteRoutes, managementPolicyRoutes, managementSiteRoutes, operatorTenantRoutes } from "./tenants/routes.ts";
import type { InviteContext } from "./tenants/team/invite.ts";
import { managementTeamRoutes } from "./tenants/team/routes.ts";
import { keyedUsageRoutes, managementUsageRoutes, operatorUsageRoutes } from "./usage/routes.ts";
import { managementSourceRoutes } from "./usage/sources/routes.ts";
import { verifyRoutes } from "./verification/routes.ts";
import type { VerifyContext } from "./verification/verify.ts";
import { managementWebhookRoutes, operatorWebhookRoutes } from "./webhooks/routes.ts";
import type { WebhookContext } from "./webhooks/webhook.ts";

export type KeyedRouteContext = LimitsContext & DocumentsContext & SelfContext;
export type ManagementRouteContext = KeysContext &
	EraseContext &
	InviteContext &
	ServiceContext &
	CallerContext &
	PortalLinkContext &
	SignInContext &
	ProfileContext &
	ForwardAuthTestContext &
	HealthContext &
	ExportContext &
	StateContext &
	WebhookContext &
	AlertTestContext &
	ChecklistRouteContext &
	TenantLimitsContext &
	ProgrammeContext;

/** Every route that is not public, by its callers. `documents` false omits the documents resource. */
export function keyedRoutes(options: { documents: boolean }): readonly Route<KeyedRouteContext>[] {
	return [
		...m2mRoutes,
		...ownKeyRoutes,
		...keyedSiteRoutes,
		...(options.documents ? keyedDocumentRoutes : []),
		...keyedUsageRoutes,
		...keyedFailureRoutes,
	];
}

/** Those of documents too, where they are off: what was done before still counts. */
export const CHECKED_OPERATIONS = keyedOperations(keyedRoutes({ documents: true }));

export const managementRoutes: readonly Route<ManagementRouteContext>[] = [
	...keyRoutes,
	...managementRotationRoutes,
	...managementSiteRoutes,
	...managementPolicyRoutes,
	...managementTeamRoutes,
	...removalRoutes,
	...siteUseRoutes,
	...managementUsageRoutes,
	...managementSourceRoutes,
	...managementAccessRoutes,
	...managementPortalRoutes,
	...managementAlertRoutes,
	...managementChecklistRoutes(CHECKED_OPERATIONS),
	...managementIncidentRoutes,
	...managementWebhookRoutes,
	...managementLimitRoutes,
	...managementPermissionRoutes,
	...managementCapabilityRoutes,
	...managementAuditRoutes,
	...managementFailureRoutes,
];

export const operatorRoutes: readonly Route<ManagementRouteContext>[] = [
	...operatorPlanRoutes,
	...operatorCapabilityRoutes,
	...operatorTenantRoutes,
	...operatorServiceRoutes,
	...operatorWebhookRoutes,
	...operatorProfileRoutes,
	...operatorPeopleRoutes,
	...operatorsRoutes,
	...operatorRemovalRoutes,
	...operatorImportedRoutes,
	...operatorForwardAuthRoutes,
	...operatorOverviewRoutes(CHECKED_OPERATIONS),
	...operatorAuditRoutes,
	...operatorFailureRoutes,
	...operatorUsageRoutes,
	...operatorLeakRoutes,
];

export const personRoutes: readonly Route<PersonRouteContext>[] = [...accountRoutes, ...mailPreferenceRoutes];

/** For anonymous callers; requests from pages of other sites are rejected. */
export const anonymousRoutes: readonly Route<AnonymousRouteContext & RecipientContext>[] = [...anonymousPeopleRoutes, ...publicKeyRoutes];

export const serviceRoutes: readonly Route<VerifyContext>[] = verifyRoutes;

/** For proxies that ask about a request before they forward it; handled without the framework. */
export const forwardedRoutes: readonly Route<never>[] = forwardAuthRoutes;
