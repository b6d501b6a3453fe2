import type { CallerContext } from "../../core/caller.ts";
import type { DatabaseContext } from "../../database/database.ts";
import { read } from "../../database/read.ts";
import { type Page, type PageRequest, toPage, windowByTime } from "../../http/input/cursor.ts";
import { describeMember, type MemberAnswer } from "./member.ts";
import { readMembers } from "./member-store.ts";

/** One page of a tenant's members, in the order in which they joined. */
export async function listMembers(context: DatabaseContext & CallerContext, input: PageRequest & { tenant_id: string }): Promise<Page<MemberAnswer>> {
	const window = windowByTime(input);
	const page = toPage(await read(context, (tx) => readMembers(tx, input.tenant_id, window)), window, (member) => [member.joined_at, member.id]);
	return { ...page, data: page.data.map((member) => describeMember(member, context.caller)) };
}
