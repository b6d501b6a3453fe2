import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { useChooseTenant, useSession } from "../access/session.ts";
import { useSignOut } from "../access/sign-out.ts";

const OFFERED_MAX = 5;

/** For somebody who is a member nowhere (any more), or not of the team that the address names. */
export function NoTenantPage() {
	const { person, tenants } = useSession();
	const signOut = useSignOut();
	const choose = useChooseTenant();
	const none = tenants.length === 0;
	return (
		<Stack component="main" className="kw-page" align="flex-start" gap="md">
			<Title order={1}>{none ? "You are not a member of any team here" : "You are not a member of this team"}</Title>
			<Text maw={560} className="kw-wrap">
				{none ? "" : "Either the link was meant for somebody else, or an owner of the team has taken you out of it. "}
				You are signed in as <bdi>{person.email ?? person.name}</bdi>. Ask an owner of the team to invite this address, then open the link in the
				invitation.
			</Text>
			<Group gap="sm">
				{tenants.slice(0, OFFERED_MAX).map(({ id, name }) => (
					<Button key={id} maw={320} onClick={() => choose(id)}>
						Go to {name}
					</Button>
				))}
				<Button variant="default" onClick={() => void signOut()}>
					Sign out
				</Button>
			</Group>
		</Stack>
	);
}
