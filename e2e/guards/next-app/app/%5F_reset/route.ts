import { notes } from "../../lib/notes.ts";

export function POST(): Response {
	notes.handled.length = 0;
	notes.errors.length = 0;
	return new Response(null, { status: 204 });
}
