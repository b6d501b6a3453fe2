import { Box, Button, Group, List, Skeleton, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useAccess } from "../../access/session.ts";
import { ENVIRONMENT_WORDS } from "../../keys/words.ts";
import { Problem } from "../../ui/problem.tsx";
import { type Member, type RemovalPreview, removalPreviewQuery } from "../team-queries.ts";

const LOADING_PX = 44;

interface TeamEndingProps {
	readonly tenant_id: string;
	readonly member: Member;
	/** The lower role that they get; absent: removed from the team. */
	readonly role?: Member["role"];
}

/** Lists the member's unused invitations, links and rotations, which end now, and the keys that they have seen, which do not. */
export function TeamEnding({ tenant_id, member, role }: TeamEndingProps) {
	const { data, error } = useQuery(removalPreviewQuery(tenant_id, member.id, role));
	if (error !== null) return <Problem error={error} />;
	if (data === undefined) return <Skeleton height={LOADING_PX} />;
	return (
		<Stack gap="md">
			{data.ends.length > 0 && (
				<div>
					<Text size="sm" fw={600}>
						This ends as well, because it is still unused:
					</Text>
					<List size="sm" spacing={4} mt={4}>
						{data.ends.map((thing) => (
							<List.Item key={thing.id} className="kw-wrap">
								<EndedList {...thing} />
							</List.Item>
						))}
					</List>
				</div>
			)}
			{role !== "admin" && data.keys_shown.length > 0 && <KeysShown tenant_id={tenant_id} member={member} keys={data.keys_shown} />}
		</Stack>
	);
}

function EndedList({ kind, name }: RemovalPreview["ends"][number]) {
	const named = <bdi>{name}</bdi>;
	switch (kind) {
		case "invitation":
			return name === null ? <>An invitation without an address</> : <>The invitation to {named}</>;
		case "handover":
			return <>The one-time link to the key {named}</>;
		case "rotation":
			return <>The replacing of the key {named}: its old secret stays as it is</>;
		default:
			return <>{named}</>;
	}
}

interface KeysShownProps {
	readonly tenant_id: string;
	readonly member: Member;
	readonly keys: RemovalPreview["keys_shown"];
}

function KeysShown({ tenant_id, member, keys }: KeysShownProps) {
	const { may } = useAccess();
	return (
		<div>
			<Text size="sm" fw={600}>
				{member.is_you ? "You have seen these keys" : "They have seen these keys"}
			</Text>
			<Text size="sm" c="dimmed">
				A person who has seen a key may still have it. These keep working: replace the ones that only the team should know.
			</Text>
			<Stack component="ul" gap={0} m={0} mt={4} p={0} style={{ listStyle: "none" }}>
				{keys.map(({ key_id, name, environment, last4 }) => (
					<Group key={key_id} component="li" justify="space-between" wrap="nowrap" py={4}>
						<Box miw={0}>
							<Text size="sm" truncate>
								<bdi>{name}</bdi>
							</Text>
							<Text size="xs" c="dimmed">
								{ENVIRONMENT_WORDS[environment].name} · <span className="kw-mono">…{last4}</span>
							</Text>
						</Box>
						{may.create_keys && (
							<Button
								variant="default"
								size="xs"
								aria-label={`Replace ${name}`}
								renderRoot={(props) => (
									<Link
										to="/settings/api-access/$key_id"
										params={{ key_id }}
										search={{ tenant: tenant_id, dialog: "replace" }}
										target="_blank"
										{...props}
									/>
								)}
							>
								Replace
							</Button>
						)}
					</Group>
				))}
			</Stack>
		</div>
	);
}
