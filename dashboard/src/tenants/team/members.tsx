import { Badge, Box, Button, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useState } from "react";
import { ROLE_WORDS, ROLES } from "../../access/roles.ts";
import { type TenantOfPage, useSession } from "../../access/session.ts";
import { useDialog, useKept, useStaying } from "../../ui/dialog/use-dialog.ts";
import { Problem } from "../../ui/problem.tsx";
import { Time, useNow } from "../../ui/time.tsx";
import { HOUR_MS } from "../../ui/time-units.ts";
import { toaster } from "../../ui/toaster.tsx";
import { useAction } from "../../ui/use-action.ts";
import { assertMemberUnchanged, changeRole, type Member, useTeamChanged } from "../team-queries.ts";
import { TeamDemote } from "./demote.tsx";
import { TeamRemove } from "./remove.tsx";

const ROLE_CHOICES = ROLES.map((role) => ({ value: role, label: ROLE_WORDS[role].name }));
const ROLE_PX = 128;
const SEARCH_PX = 320;
const ROLE_LIST_PX = 280;
const BUTTON_PX = 84;
/** From this many members on, the list can be searched. */
const SEARCHED_FROM = 8;
/** More are shown on request. */
const SHOWN_MAX = 20;

interface TeamMembersProps {
	readonly tenant: TenantOfPage;
	readonly members: readonly Member[];
	/** Whether the person may change other members. */
	readonly manages: boolean;
}

export function TeamMembers({ tenant, members, manages }: TeamMembersProps) {
	const { person } = useSession();
	const removal = useDialog("remove");
	const asked = members.find(({ id, is_you }) => id === removal.of && (is_you || manages));
	const removing = useKept(asked);
	const [text, setText] = useState("");
	const [all, setAll] = useState(false);
	const lonely = members.filter(({ role }) => role === "owner").length === 1;
	const removes = useStaying(removal.opened, asked !== undefined && !(lonely && asked.role === "owner"));
	if (members.length === 0) return <Text c="dimmed">No members yet.</Text>;
	const wanted = text.trim().toLowerCase();
	const found = members.filter(({ name, email }) => `${name} ${email ?? ""}`.toLowerCase().includes(wanted));
	return (
		<>
			{members.length >= SEARCHED_FROM && (
				<TextInput
					aria-label="Search by name or e-mail address"
					placeholder="Name or e-mail address"
					leftSection={<IconSearch size={16} aria-hidden="true" />}
					maw={SEARCH_PX}
					mb="xs"
					value={text}
					onChange={(event) => setText(event.currentTarget.value)}
				/>
			)}
			{found.length === 0 && (
				<Text c="dimmed" role="status">
					No member matches. The team has {members.length} members.
				</Text>
			)}
			<Stack component="ul" gap={0} m={0} p={0} style={{ listStyle: "none" }}>
				{(all ? found : found.slice(0, SHOWN_MAX)).map((member) => (
					<MemberRow
						key={member.id}
						tenant_id={tenant.id}
						member={member}
						manages={manages}
						isLastOwner={lonely && member.role === "owner"}
						onRemove={() => removal.open(member.id)}
					/>
				))}
			</Stack>
			{found.length > SHOWN_MAX && (
				<Button variant="default" size="xs" mt="sm" aria-expanded={all} onClick={() => setAll(!all)}>
					{all ? "Show fewer" : `Show all ${found.length} members`}
				</Button>
			)}
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
					opened={removes}
					onClose={removal.close}
				/>
			)}
		</>
	);
}

/** To the hour, as it is recorded: a person who is here now may have been recorded 59 minutes ago. */
function LastSeen({ at }: { at: string | null }) {
	const now_ms = useNow();
	if (at === null) return "not seen yet";
	if (now_ms - Date.parse(at) < HOUR_MS) return "seen in the last hour";
	return (
		<>
			last seen <Time value={at} />
		</>
	);
}

/** A role with what it may do. */
function RoleOption({ role }: { role: string }) {
	const known = ROLES.find((one) => one === role);
	if (known === undefined) return role;
	return (
		<div>
			<Text size="sm">{ROLE_WORDS[known].name}</Text>
			<Text size="xs" c="dimmed">
				{ROLE_WORDS[known].may}
			</Text>
		</div>
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
	const { id, name, email, role, joined_at, last_seen_at, is_you } = member;
	const demote = useDialog("demote");
	const [about, wanted] = demote.of?.split(" ") ?? [];
	const asked = about === id && manages && !isLastOwner ? ROLES.find((known) => known === wanted) : undefined;
	const lesser = asked !== undefined && ROLES.indexOf(asked) < ROLES.indexOf(role) ? asked : null;
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
		if (ROLES.indexOf(next) < ROLES.indexOf(role)) demote.open(`${id} ${next}`);
		else void give(next);
	}
	return (
		<Box component="li" className="kw-row">
			<Group justify="space-between" gap="sm">
				<Box flex="1 1 240px" miw={0}>
					<Text fw={500} fz={13} lh="18px" truncate title={name}>
						<bdi>{name}</bdi>
						{is_you && (
							<Text component="span" c="dimmed" fw={400}>
								{" "}
								(you)
							</Text>
						)}
					</Text>
					<Text size="xs" c="dimmed" className="kw-wrap">
						{email ?? "Cannot sign in any more: another account has proved the address"}, joined <Time value={joined_at} />,{" "}
						<LastSeen at={last_seen_at} />
					</Text>
				</Box>
				<Group gap="sm" wrap="nowrap">
					{manages ? (
						<Select
							aria-label={`Role of ${name}`}
							size="xs"
							w={ROLE_PX}
							data={ROLE_CHOICES}
							value={role}
							onChange={choose}
							disabled={isLastOwner || action.pending}
							comboboxProps={{ withinPortal: true, width: ROLE_LIST_PX, position: "bottom-end" }}
							renderOption={({ option }) => <RoleOption role={option.value} />}
						/>
					) : (
						<Badge color="gray">{ROLE_WORDS[role].name}</Badge>
					)}
					{(is_you || manages) && (
						<Button
							variant="default"
							size="xs"
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
				onClose={demote.close}
				onSure={(next) => {
					demote.close();
					void give(next);
				}}
			/>
		</Box>
	);
}
