import type { GuardedRequest } from "@keywright/client/next";
import { guard } from "../../../../../../lib/guard.ts";
import { notes } from "../../../../../../lib/notes.ts";

const weightOf = ({ request }: GuardedRequest): number => Number(request.nextUrl.searchParams.get("weight"));

export const GET = guard(
	{
		tenant: (r) => r.params.tenant_id,
		site: (r) => r.params.site_id,
		permission: "exports:read",
		capability: "exports",
		cost: weightOf,
		limits: (r) => ({ exports: weightOf(r) }),
	},
	async (_request, _context, keywright) => {
		notes.handled.push(keywright.key.id);
		return Response.json({ tenant: keywright.tenant.id });
	},
);
