import { guard } from "../../../lib/guard.ts";
import { twice } from "../../../lib/rules.ts";

/** Guarded here and in `proxy.ts`. */
export const GET = guard(twice, (_request, _context, keywright) => Response.json({ tenant: keywright.tenant.id }));
