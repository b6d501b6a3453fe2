import { type ChangeContext, change } from "../../audit/change.ts";
import { reauthorize } from "../../audit/reauthorize.ts";
import { ALL_TENANTS } from "../../core/context.ts";
import { ApiError } from "../../core/error.ts";
import type { DatabaseContext } from "../../database/database.ts";
import { read } from "../../database/transaction.ts";
import { getMember, type SignedInContext } from "../people/session.ts";
import { stillSignedIn } from "../people/still-signed-in.ts";
import { deleteOtherSessions, readSessions } from "../people/store.ts";

export interface OwnSignIn {
	/** Identifies the session; it cannot be used as its credential. */
	readonly id: string;
	/** Whether it is the session of the request. */
	readonly current: boolean;
	/** As the browser sent it; null for none. */
	readonly user_agent: string | null;
	readonly begun_at: string;
	readonly ends_at: string;
}

/** Lists the person's sessions, this one first, then the latest. 409 `conflict` for a portal session. */
export async function listOwnSignIns(context: DatabaseContext & SignedInContext): Promise<{ data: OwnSignIn[] }> {
	const { person_id, session_id } = getMember(context);
	const now = new Date(context.clock.now());
	const sessions = await read({ database: context.database, scope: ALL_TENANTS }, (tx) => readSessions(tx, person_id, now));
	const data = sessions.map(({ id, user_agent, created_at, expires_at }) => ({
		...{ id, current: id === session_id, user_agent },
		...{ begun_at: created_at.toISOString(), ends_at: expires_at.toISOString() },
	}));
	return { data: data.sort((a, b) => Number(b.current) - Number(a.current)) };
}

type EndContext = ChangeContext & SignedInContext;

/** Ends all sessions of the person but this one. 401 `credential_invalid` once this one has ended; 409 `conflict` for a portal session. */
export async function endOtherSignIns(context: EndContext): Promise<{ ended: number }> {
	return { ended: await endOthers(context) };
}

/** Ends one other session of the person. 404 `not_found`; 409 `conflict` for this session, which is ended by signing out. */
export async function endSignIn(context: EndContext, input: { sign_in_id: string }): Promise<void> {
	if (input.sign_in_id === getMember(context).session_id) throw new ApiError("conflict", "This is the session that you use. Sign out instead.");
	if ((await endOthers(context, input.sign_in_id)) === 0) throw new ApiError("not_found", "There is no session with this id. It may have ended.");
}

async function endOthers(context: EndContext, session_id?: string): Promise<number> {
	const member = getMember(context);
	return change({ ...context, scope: ALL_TENANTS, reauthorize: stillSignedIn(context) }, async (tx) => {
		await reauthorize(tx);
		const ended = await deleteOtherSessions(tx, member, session_id);
		if (ended === 0) return { unchanged: ended };
		return { result: ended, audit: [{ action: "sessions.ended", target: { kind: "person", id: member.person_id }, details: { ended } }] };
	});
}
