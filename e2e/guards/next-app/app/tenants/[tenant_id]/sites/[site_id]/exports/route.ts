import type { Target } from "@keywright/client";
import type { GuardedRequest } from "@keywright/client/next";
import { guard } from "../../../../../../lib/guard.ts";
import { notes } from "../../../../../../lib/notes.ts";

const getWeight = (_request: GuardedRequest, target: Target): number => Number(target.query("weight"));

export const GET = guard(
	{
		tenant: (r) => r.params.tenant_id,
		site: (r) => r.params.site_id,
		permission: "exports:read",
		capability: "exports",
		cost: getWeight,
		limits: (r, target) => ({ exports: getWeight(r, target) }),
		budgets: (r, target) => ({ credits: 25 * getWeight(r, target), calls: 0 }),
	},
	async (_request, _context, keywright) => {
		notes.handled.push(keywright.key.id);
		return Response.json({ tenant: keywright.tenant.id });
	},
);
