import { Button, Group, List, Stack, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { TenantOfPage } from "../../access/session.ts";
import { Modal } from "../../ui/dialog/modal.tsx";
import { Problem } from "../../ui/problem.tsx";
import { toaster } from "../../ui/toaster.tsx";
import { useAction } from "../../ui/use-action.ts";
import { assertMemberUnchanged, type Member, removeMember, useTeamChanged } from "../team-queries.ts";
import { TeamEnding } from "./ending.tsx";

interface TeamRemoveProps {
	readonly tenant: TenantOfPage;
	readonly member: Member;
	readonly opened: boolean;
	readonly onClose: () => void;
}

/** Asks before a member is removed or leaves, and shows what happens then. */
export function TeamRemove({ tenant, opened, onClose, ...props }: TeamRemoveProps) {
	const [member, setMember] = useState(props.member);
	const { id, name, is_you } = member;
	const changed = useTeamChanged(tenant.id);
	const action = useAction();

	function close(): void {
		action.reset();
		onClose();
	}
	async function remove(): Promise<void> {
		const done = await action.run(async () => {
			await assertMemberUnchanged(tenant.id, member, setMember);
			return removeMember(tenant.id, id);
		});
		if (!done) return void changed();
		onClose();
		if (is_you) {
			// A full page load, so that none of the team's data stays in memory.
			location.replace("/settings/api-access");
			return;
		}
		await changed();
		toaster.noted(`${name} is no longer on the team.`);
	}
	return (
		<Modal name="remove" opened={opened} onClose={close} title={is_you ? <>Leave this team?</> : <>Remove this person?</>}>
			<Stack gap="md">
				<Text className="kw-wrap">
					{is_you ? (
						<>
							You leave <bdi>{tenant.name}</bdi>.
						</>
					) : (
						<>
							<bdi>{name}</bdi> is taken out of <bdi>{tenant.name}</bdi>.
						</>
					)}{" "}
					What happens then:
				</Text>
				<List size="sm" spacing={4}>
					<List.Item>
						{is_you ? "You no longer see anything of this team, from now on." : "They no longer see anything of this team, from now on."}
					</List.Item>
					<List.Item>
						Keys keep working. Where {is_you ? "you are" : "they are"} the responsible person,{" "}
						<Link to="/settings/api-access" search={{ tenant: tenant.id, dialog: "transfer", of: id }} className="kw-link">
							name another one
						</Link>
						.
					</List.Item>
					<List.Item>An owner can invite {is_you ? "you" : "them"} again at any time.</List.Item>
				</List>
				{opened && <TeamEnding tenant_id={tenant.id} member={member} />}
				<Problem error={action.error} />
				<Group justify="flex-end">
					<Button variant="default" onClick={close} data-autofocus>
						{is_you ? "Stay on the team" : "Keep on the team"}
					</Button>
					<Button color="red" onClick={() => void remove()} loading={action.pending}>
						{is_you ? "Leave the team" : "Remove from the team"}
					</Button>
				</Group>
			</Stack>
		</Modal>
	);
}
