import { Button, Stack, Text } from "@mantine/core";
import { OpenPage } from "../access/open-page.tsx";
import { useChooseTenant, useSession } from "../access/session.ts";
import { useSignOut } from "../access/sign-out.ts";

const OFFERED_MAX = 5;

/** Shown in the operator's area to a person who is not, or no longer, an operator. */
export function NoOperatorPage() {
	const { person, tenants } = useSession();
	const signOut = useSignOut();
	const choose = useChooseTenant();
	return (
		<OpenPage
			title="This part is for operators"
			lead="Operators run this instance: they decide how requests are guarded, which plans there are and who the tenants are."
		>
			<Text className="kw-wrap">
				You are signed in as <b>{person.email ?? person.name}</b>, who is no operator. If you should be one, ask an operator to add you, then sign in
				again.
			</Text>
			<Stack gap="sm">
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
