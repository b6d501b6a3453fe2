import { change } from "../../audit/change.ts";
import type { CallerContext, Role } from "../../core/caller.ts";
import { ApiError } from "../../core/error.ts";
import type { DatabaseContext } from "../../database/database.ts";
import { read } from "../../database/transaction.ts";
import { type Page, type PageRequest, toPage, windowByTime } from "../../http/input/cursor.ts";
import type { EndersContext } from "../../tenants/team/ending.ts";
import { lockTeam, type TeamContext } from "../../tenants/team/lock-team.ts";
import { endPortal } from "./end-portal.ts";
import { type PortalSession, readPortalSessions } from "./store.ts";

interface PortalSessionResponse {
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

function toPortalSessionResponse(session: PortalSession, { caller }: CallerContext): PortalSessionResponse {
	const { created_at, expires_at, redeemed_at, ...rest } = session;
	const is_you = caller.kind === "portal" && caller.id === session.id;
	const status = redeemed_at === null ? "waiting" : "active";
	return { ...rest, status, created_at: created_at.toISOString(), expires_at: expires_at.toISOString(), is_you };
}

/** Lists the pending portal links and live portal sessions, newest first. */
export async function listPortalSessions(
	context: DatabaseContext & CallerContext,
	input: PageRequest & { tenant_id: string },
): Promise<Page<PortalSessionResponse>> {
	const window = windowByTime(input);
	const now = new Date(context.clock.now());
	const rows = await read(context, (tx) => readPortalSessions(tx, input.tenant_id, now, window));
	const page = toPage(rows, window, ({ created_at, id }) => [created_at.toISOString(), id]);
	return { ...page, data: page.data.map((session) => toPortalSessionResponse(session, context)) };
}

/**
 * Ends a live portal session, effective on its next request, or invalidates a pending link; for owners and operators. 404 `not_found` when
 * there is none or it has ended; 403 `role_not_allowed`.
 */
export async function endPortalOfTenant(
	context: TeamContext & EndersContext,
	input: { tenant_id: string; portal_session_id: string },
): Promise<void> {
	const { tenant_id, portal_session_id: id } = input;
	await change(context, async (tx) => {
		await lockTeam(tx, context, tenant_id, "owner");
		const ended = await endPortal(tx, context, { tenant_id, id });
		if (ended === null) throw new ApiError("not_found", "There is no portal session with this id, or it has ended.");
		return ended;
	});
}
