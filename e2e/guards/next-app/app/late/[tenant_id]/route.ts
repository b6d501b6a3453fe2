import { guard } from "../../../lib/guard.ts";
import { notes } from "../../../lib/notes.ts";

/** An asynchronous rule, which the types refuse. */
const limits: never = asNever(async () => ({ exports: 5 }));

/** What somebody without types can write. */
function asNever(value: unknown): never {
	return value as never;
}

export const GET = guard({ tenant: (r) => r.params.tenant_id, limits }, () => {
	notes.handled.push("late");
	return new Response();
});
