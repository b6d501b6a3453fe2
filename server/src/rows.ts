import { operatorServiceRoutes } from "./access/routes.ts";
import type { ServiceContext } from "./access/service.ts";
import type { DocumentsContext } from "./documents/context.ts";
import { keyedDocumentRoutes } from "./documents/routes.ts";
import type { Row } from "./http/route.ts";
import type { KeysContext } from "./keys/context.ts";
import { keyRoutes } from "./keys/routes.ts";
import type { LimitsContext } from "./m2m/limits.ts";
import { m2mRoutes } from "./m2m/routes.ts";
import { operatorPlanRoutes } from "./plans/routes.ts";
import type { EraseContext } from "./tenants/erase.ts";
import { keyedSiteRoutes, managementSiteRoutes, operatorTenantRoutes } from "./tenants/routes.ts";
import { keyedUsageRoutes, managementUsageRoutes } from "./usage/routes.ts";
import { verifyRoutes } from "./verification/routes.ts";
import type { VerifyContext } from "./verification/verify.ts";

export type KeyedRouteContext = LimitsContext & DocumentsContext;
export type ManagementRouteContext = KeysContext & EraseContext & ServiceContext;

/** Every route that is not public, by who may call it. `documents` false leaves the documents resource out. */
export function keyedRows(options: { documents: boolean }): readonly Row<KeyedRouteContext>[] {
	return [...m2mRoutes, ...keyedSiteRoutes, ...(options.documents ? keyedDocumentRoutes : []), ...keyedUsageRoutes];
}

export const managementRows: readonly Row<ManagementRouteContext>[] = [...keyRoutes, ...managementSiteRoutes, ...managementUsageRoutes];

export const operatorRows: readonly Row<ManagementRouteContext>[] = [...operatorPlanRoutes, ...operatorTenantRoutes, ...operatorServiceRoutes];

export const serviceRows: readonly Row<VerifyContext>[] = verifyRoutes;
