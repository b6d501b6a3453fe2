import { asRole, type Caller, type Role } from "../../core/caller.ts";
import { ApiError } from "../../core/error.ts";

/** A person in one tenant. `person_id` is of their sign-in and leaves this server in audit entries only. */
export interface Member {
	readonly id: string;
	readonly person_id: string;
	readonly name: string;
	/** Null once somebody else has proved the address that the member had named: they cannot sign in any more. */
	readonly email: string | null;
	readonly role: Role;
	readonly joined_at: string;
}

/** A member as those see it who may see the team. */
export interface MemberAnswer extends Omit<Member, "person_id"> {
	readonly is_you: boolean;
}

export function memberFromRow(row: { id: string; person_id: string; name: string; email: string | null; role: string; joined_at: Date }): Member {
	const { id, person_id, name, email, role, joined_at } = row;
	return { id, person_id, name, email, role: asRole(role), joined_at: joined_at.toISOString() };
}

export function isCaller(member: Pick<Member, "id">, caller: Caller): boolean {
	return caller.kind === "member" && caller.member_id === member.id;
}

export function toMemberResponse(member: Member, caller: Caller): MemberAnswer {
	const { person_id: _person, ...rest } = member;
	return { ...rest, is_you: isCaller(member, caller) };
}

export function memberNotFound(): ApiError {
	return new ApiError("not_found", "There is no member with this id.");
}

export function lastOwner(): ApiError {
	return new ApiError("conflict", "This is the only owner of the tenant. Make another member an owner first.");
}
