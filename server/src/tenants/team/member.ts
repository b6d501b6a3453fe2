import { asRole, type Caller, type Role } from "../../core/caller.ts";
import { ApiError } from "../../core/error.ts";

/** A person in one tenant. `person_id` identifies the account; only audit entries expose it. */
export interface Member {
	readonly id: string;
	readonly person_id: string;
	readonly name: string;
	/** Null once another account has verified the address that the member had entered: the member can no longer sign in. */
	readonly email: string | null;
	readonly role: Role;
	readonly joined_at: string;
}

/** A member as the API returns it. */
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
