import { guard } from "../../lib/guard.ts";

/** Next builds this ahead of time if it can; a guarded route cannot be, and no answer is kept for the next caller. */
export const revalidate = 3600;

export const GET = guard({ permission: "orders:read" }, (_request, _context, keywright) => Response.json({ tenant: keywright.tenant.id }));
