import type { CallerContext, Role } from "../../core/caller.ts";
import type { DatabaseContext } from "../../database/database.ts";
import { read } from "../../database/read.ts";
import { type Page, type PageRequest, toPage, windowByTime } from "../../http/input/cursor.ts";
import { type PortalSession, readPortalSessions } from "./store.ts";

interface PortalSessionAnswer {
	readonly id: string;
	readonly external_user_id: string;
	readonly name: string;
	readonly email: string | null;
	readonly role: Role;
	readonly status: "waiting" | "active";
	readonly created_at: string;
	readonly expires_at: string;
	readonly is_you: boolean;
}

function describe(session: PortalSession, { caller }: CallerContext): PortalSessionAnswer {
	const { created_at, expires_at, redeemed_at, ...rest } = session;
	const is_you = caller.kind === "portal" && caller.id === session.id;
	const status = redeemed_at === null ? "waiting" : "active";
	return { ...rest, status, created_at: created_at.toISOString(), expires_at: expires_at.toISOString(), is_you };
}

/** One page of the portal links that wait and the sessions that live at this moment, the newest first. */
export async function listPortalSessions(
	context: DatabaseContext & CallerContext,
	input: PageRequest & { tenant_id: string },
): Promise<Page<PortalSessionAnswer>> {
	const window = windowByTime(input);
	const now = new Date(context.clock.now());
	const rows = await read(context, (tx) => readPortalSessions(tx, input.tenant_id, now, window));
	const page = toPage(rows, window, ({ created_at, id }) => [created_at.toISOString(), id]);
	return { ...page, data: page.data.map((session) => describe(session, context)) };
}
