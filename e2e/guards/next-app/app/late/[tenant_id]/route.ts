import { guard } from "../../../lib/guard.ts";
import { notes } from "../../../lib/notes.ts";

/** An asynchronous rule, which the types reject. */
const limits: never = asNever(async () => ({ exports: 5 }));

/** An untyped host can pass this. */
function asNever(value: unknown): never {
	return value as never;
}

export const GET = guard({ tenant: (r) => r.params.tenant_id, limits }, () => {
	notes.handled.push("late");
	return new Response();
});
