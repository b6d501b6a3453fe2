import type { Rules } from "@keywright/client";

/** Used by `proxy.ts` and by the handler: the tenant is read from the request target, which both have. */
export const twice: Rules<object> = { tenant: (_request, target) => target.segment(1), permission: "orders:read" };
