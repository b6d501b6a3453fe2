import type { NextRequest } from "next/server";
import { guard } from "../../lib/guard.ts";
import { notes } from "../../lib/notes.ts";

export const GET = guard({}, async (request: NextRequest, _context, keywright) => {
	notes.handled.push(keywright.key.id);
	// Next's build checks the types of this file.
	request.cookies.getAll();
	return Response.json({ tenant: keywright.tenant.id });
});
