import { notes } from "../../lib/notes.ts";

export const dynamic = "force-dynamic";

export const GET = () => Response.json(notes);
