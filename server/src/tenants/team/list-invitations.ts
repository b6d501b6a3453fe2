import type { DatabaseContext } from "../../database/database.ts";
import { read } from "../../database/read.ts";
import { type Page, type PageRequest, toPage, windowByTime } from "../../http/input/cursor.ts";
import { describeInvitation, type InvitationAnswer } from "./invitation.ts";
import { readInvitations } from "./invitation-store.ts";

/** One page of a tenant's invitations of the last months, whatever became of them, the newest first. No answer holds a link. */
export async function listInvitations(context: DatabaseContext, input: PageRequest & { tenant_id: string }): Promise<Page<InvitationAnswer>> {
	const window = windowByTime(input);
	const rows = await read(context, (tx) => readInvitations(tx, input.tenant_id, window));
	const page = toPage(rows, window, ({ created_at, id }) => [created_at.toISOString(), id]);
	return { ...page, data: page.data.map((invitation) => describeInvitation(invitation, context.clock.now())) };
}
