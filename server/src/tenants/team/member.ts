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
	/** To the hour. Null when the member has not been here since it is recorded. */
	readonly last_seen_at: string | null;
}

/** A member as the API returns it. */
export interface MemberAnswer extends Omit<Member, "person_id"> {
	readonly is_you: boolean;
}

export interface MemberRow extends Omit<Member, "role" | "joined_at" | "last_seen_at"> {
	readonly role: string;
	readonly joined_at: Date;
	readonly last_seen_at: Date | null;
}

export function memberFromRow(row: MemberRow): Member {
	const { id, person_id, name, email, role, joined_at, last_seen_at } = row;
	const times = { joined_at: joined_at.toISOString(), last_seen_at: last_seen_at?.toISOString() ?? null };
	return { id, person_id, name, email, role: asRole(role), ...times };
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
