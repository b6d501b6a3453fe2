import { createHash } from "node:crypto";
import { guard } from "../../../../lib/guard.ts";
import { notes } from "../../../../lib/notes.ts";

export const GET = guard({ tenant: (r) => r.params.tenant_id, permission: "orders:read" }, async (_request, _context, keywright) => {
	notes.handled.push(keywright.key.id);
	return Response.json({ tenant: keywright.tenant.id });
});

export const POST = guard(
	{ tenant: (r) => r.params.tenant_id, permission: ["orders:read", "orders:write"] },
	async (request, _context, keywright) => {
		notes.handled.push(getNote(await request.json()));
		return Response.json({ tenant: keywright.tenant.id }, { status: 201 });
	},
);

function getNote(body: unknown): unknown {
	const item = typeof body === "object" && body !== null && "item" in body ? String(body.item) : "";
	return { item_sha256: createHash("sha256").update(item).digest("hex") };
}
