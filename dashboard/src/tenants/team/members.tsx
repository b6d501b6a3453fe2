import { Badge, Box, Button, Group, Select, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { ROLE_WORDS, ROLES } from "../../access/roles.ts";
import { type TenantOfPage, useSession } from "../../access/session.ts";
import { Problem } from "../../ui/problem.tsx";
import { Time } from "../../ui/time.tsx";
import { toaster } from "../../ui/toaster.tsx";
import { useAction } from "../../ui/use-action.ts";
import { assertMemberUnchanged, changeRole, type Member, useTeamChanged } from "../team-queries.ts";
import { TeamDemote } from "./demote.tsx";
import { TeamRemove } from "./remove.tsx";

const ROLE_CHOICES = ROLES.map((role) => ({ value: role, label: ROLE_WORDS[role].name }));
const ROLE_PX = 128;
const BUTTON_PX = 96;

interface TeamMembersProps {
	readonly tenant: TenantOfPage;
	readonly members: readonly Member[];
	/** Whether the person may change other members. */
	readonly manages: boolean;
}

export function TeamMembers({ tenant, members, manages }: TeamMembersProps) {
	const { person } = useSession();
	const [removing, setRemoving] = useState<Member | null>(null);
	const [asked, setAsked] = useState(false);
	const lonely = members.filter(({ role }) => role === "owner").length === 1;
	function remove(member: Member): void {
		setRemoving(member);
		setAsked(true);
	}
	if (members.length === 0) return <Text c="dimmed">No members yet.</Text>;
	return (
		<>
			<Stack component="ul" gap={0} m={0} p={0} style={{ listStyle: "none" }}>
				{members.map((member) => (
					<MemberRow
						key={member.id}
						tenant_id={tenant.id}
						member={member}
						manages={manages}
						isLastOwner={lonely && member.role === "owner"}
						onRemove={() => remove(member)}
					/>
				))}
			</Stack>
			{person.kind === "portal" && (
				<Text size="sm" c="dimmed" mt="sm">
					You came with a link from another product and are no member: who may do so is decided there.
				</Text>
			)}
			{removing !== null && (
				<TeamRemove
					key={`${removing.id} ${removing.role} ${removing.name}`}
					tenant={tenant}
					member={removing}
					opened={asked}
					onClose={() => setAsked(false)}
				/>
			)}
		</>
	);
}

interface MemberRowProps {
	readonly tenant_id: string;
	readonly member: Member;
	readonly manages: boolean;
	readonly isLastOwner: boolean;
	readonly onRemove: () => void;
}

function MemberRow({ tenant_id, member, manages, isLastOwner, onRemove }: MemberRowProps) {
	const { id, name, email, role, joined_at, is_you } = member;
	const [lesser, setLesser] = useState<Member["role"] | null>(null);
	const changed = useTeamChanged(tenant_id);
	const action = useAction();

	async function give(next: Member["role"]): Promise<void> {
		const done = await action.run(async () => {
			await assertMemberUnchanged(tenant_id, member, () => undefined);
			return changeRole(tenant_id, id, next);
		});
		await changed();
		if (done) toaster.noted(`${is_you ? "You are" : `${name} is`} ${ROLE_WORDS[next].article} now.`);
	}
	function choose(value: string | null): void {
		const next = ROLES.find((known) => known === value);
		if (next === undefined || next === role) return;
		if (ROLES.indexOf(next) < ROLES.indexOf(role)) setLesser(next);
		else void give(next);
	}
	return (
		<Box component="li" className="kw-row">
			<Group justify="space-between" gap="sm">
				<Box flex="1 1 240px" miw={0}>
					<Text fw={500} className="kw-wrap">
						<bdi>{name}</bdi>
						{is_you && (
							<Text component="span" c="dimmed" fw={400}>
								{" "}
								(you)
							</Text>
						)}
					</Text>
					<Text size="sm" c="dimmed" className="kw-wrap">
						{email ?? "Cannot sign in any more: another account has proved the address"}, joined <Time value={joined_at} />
					</Text>
				</Box>
				<Group gap="sm" wrap="nowrap">
					{manages ? (
						<Select
							aria-label={`Role of ${name}`}
							w={ROLE_PX}
							data={ROLE_CHOICES}
							value={role}
							onChange={choose}
							disabled={isLastOwner || action.pending}
							comboboxProps={{ withinPortal: true }}
						/>
					) : (
						<Badge color="gray">{ROLE_WORDS[role].name}</Badge>
					)}
					{(is_you || manages) && (
						<Button
							variant="default"
							miw={BUTTON_PX}
							onClick={onRemove}
							disabled={isLastOwner}
							aria-label={is_you ? "Leave the team" : `Remove ${name}`}
						>
							{is_you ? "Leave" : "Remove"}
						</Button>
					)}
				</Group>
			</Group>
			{isLastOwner && (manages || is_you) && (
				<Text size="sm" c="dimmed" mt={4}>
					The team needs an owner. Before {is_you ? "you leave or step down" : "this can change"}, make another member an owner.
				</Text>
			)}
			{action.error !== null && (
				<Box mt="sm">
					<Problem error={action.error} />
				</Box>
			)}
			<TeamDemote
				tenant_id={tenant_id}
				member={member}
				role={lesser}
				onClose={() => setLesser(null)}
				onSure={(next) => {
					setLesser(null);
					void give(next);
				}}
			/>
		</Box>
	);
}
