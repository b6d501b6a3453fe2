import { type ChangeContext, change } from "../../audit/change.ts";
import { reauthorize } from "../../audit/reauthorize.ts";
import { ALL_TENANTS } from "../../core/context.ts";
import { getMember, type SignedInContext } from "../people/session.ts";
import { stillSignedIn } from "../people/still-signed-in.ts";
import { setName } from "../people/store.ts";

/** Changes the person's own name, in all of their tenants. 409 `conflict` for a portal session. */
export async function renamePerson(context: ChangeContext & SignedInContext, input: { name: string }): Promise<{ name: string }> {
	const { person_id: id, name: before } = getMember(context);
	const name = input.name.trim();
	return change({ ...context, scope: ALL_TENANTS, reauthorize: stillSignedIn(context) }, async (tx) => {
		await reauthorize(tx);
		if (name === before) return { unchanged: { name } };
		await setName(tx, id, name, new Date(context.clock.now()));
		return { result: { name }, audit: [{ action: "person.renamed", target: { kind: "person", id } }] };
	});
}
