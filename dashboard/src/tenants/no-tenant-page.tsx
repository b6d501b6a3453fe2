import { Button, Stack, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { OpenPage } from "../access/open-page.tsx";
import { useChooseTenant, useSession } from "../access/session.ts";
import { useSignOut } from "../access/sign-out.ts";

const OFFERED_MAX = 5;

/** For a person without a tenant, or who is not a member of the one in the address. */
export function NoTenantPage() {
	const { person, tenants, operator } = useSession();
	const signOut = useSignOut();
	const choose = useChooseTenant();
	const none = tenants.length === 0;
	return (
		<OpenPage
			title={none ? "You are not a member of any team here" : "You are not a member of this team"}
			lead={none ? "An owner may have taken you out of it." : "The link was meant for another person, or an owner has taken you out of the team."}
		>
			<Text className="kw-wrap">
				You are signed in as <b>{person.email ?? person.name}</b>. To get in, ask an owner of the team to invite this address.
			</Text>
			<Stack gap="sm">
				{operator && <Button renderRoot={(props) => <Link to="/operator" {...props} />}>Go to the operator's area</Button>}
				{tenants.slice(0, OFFERED_MAX).map(({ id, name }) => (
					<Button key={id} onClick={() => choose(id)}>
						Go to {name}
					</Button>
				))}
				<Button variant="default" onClick={() => void signOut()}>
					Sign out
				</Button>
			</Stack>
		</OpenPage>
	);
}
