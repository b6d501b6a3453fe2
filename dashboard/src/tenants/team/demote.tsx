import { Button, Group, Stack, Text } from "@mantine/core";
import { ROLE_WORDS } from "../../access/roles.ts";
import { Modal } from "../../ui/dialog/modal.tsx";
import type { Member } from "../team-queries.ts";
import { TeamEnding } from "./ending.tsx";

interface TeamDemoteProps {
	readonly tenant_id: string;
	readonly member: Member;
	/** The lower role that the member gets; null while none is chosen. */
	readonly role: Member["role"] | null;
	readonly onClose: () => void;
	readonly onSure: (role: Member["role"]) => void;
}

/** Asks before a member, who may be the person themselves, gets a lower role, and shows what ends with the old role. */
export function TeamDemote({ tenant_id, member, role, onClose, onSure }: TeamDemoteProps) {
	const { name, is_you } = member;
	return (
		<Modal name="demote" opened={role !== null} onClose={onClose} title={is_you ? "Stop being an owner?" : "Give this person a lesser role?"}>
			{role !== null && (
				<Stack gap="md">
					{is_you ? (
						<Text>You will be {ROLE_WORDS[role].article}. You cannot take that back yourself: another owner has to make you an owner again.</Text>
					) : (
						<div>
							<Text className="kw-wrap">
								<bdi>{name}</bdi> is {ROLE_WORDS[member.role].article} and will be {ROLE_WORDS[role].article}.
							</Text>
							<Text size="sm" c="dimmed">
								{ROLE_WORDS[role].may}
							</Text>
						</div>
					)}
					<TeamEnding tenant_id={tenant_id} member={member} role={role} />
					<Group justify="flex-end">
						<Button variant="default" onClick={onClose} data-autofocus>
							{is_you ? "Stay" : "Keep as"} {ROLE_WORDS[member.role].article}
						</Button>
						<Button color="red" onClick={() => onSure(role)}>
							{is_you ? "Become" : "Make"} {ROLE_WORDS[role].article}
						</Button>
					</Group>
				</Stack>
			)}
		</Modal>
	);
}
