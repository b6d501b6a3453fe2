import { guard } from "../../lib/guard.ts";

/** Next would prerender this route; a guarded route must not be prerendered, nor its responses cached for other callers. */
export const revalidate = 3600;

export const GET = guard({ permission: "orders:read" }, (_request, _context, keywright) => Response.json({ tenant: keywright.tenant.id }));
