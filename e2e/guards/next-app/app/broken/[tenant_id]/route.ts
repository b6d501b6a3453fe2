import { guard } from "../../../lib/guard.ts";
import { notes } from "../../../lib/notes.ts";

export const GET = guard({ tenant: (r) => r.params.id, permission: "orders:read" }, () => {
	notes.handled.push("broken");
	return new Response();
});
