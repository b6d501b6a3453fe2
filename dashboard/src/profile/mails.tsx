import { Box, SimpleGrid, Stack, Switch, Text, Title } from "@mantine/core";
import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { Problem } from "../ui/problem.tsx";
import { toaster } from "../ui/toaster.tsx";
import { useAction } from "../ui/use-action.ts";
import { type MailPreference, type MailPreferences, mailsQuery, putMailPreference } from "./queries.ts";

const CLASSES = [
	{ of: "key_use", name: "Use of keys", text: "A key was used for the first time, or from a new client" },
	{ of: "rotation", name: "Replacing keys", text: "A key is due to be replaced; daily, which clients still use the old one" },
	{ of: "expiry", name: "Keys that expire", text: "30, 7 and 1 working days before, and when it has expired" },
] as const satisfies readonly { of: MailPreference["class"]; name: string; text: string }[];

/** Which mails about keys the person gets, by tenant, to switch on and off: also again, after unsubscribing in a mail. */
export function Mails() {
	const { data } = useSuspenseQuery(mailsQuery);
	return (
		<Stack gap="md">
			<Text size="sm" c="dimmed" maw={720}>
				Owners and admins get mails about every key, viewers about those that they are responsible for. A revoked key is always mailed, as a matter of
				security; who gets which alert is decided by its rule.
			</Text>
			{!data.address_proven && (
				<Text size="sm" role="status" data-unproven>
					Nothing is mailed to you yet, because your address is not proven. Sign out, and set a new password by the link under “Forgot your
					password?”: it is mailed to your address, which proves it.
				</Text>
			)}
			{data.data.map((preferences, index) => (
				<OfTenant key={preferences.tenant.id} preferences={preferences} named={data.data.length > 1} explained={index === 0} />
			))}
		</Stack>
	);
}

/** `named`: the person has several tenants, whose switches are columns below the words of the first. */
function OfTenant({ preferences, named, explained }: { preferences: MailPreferences; named: boolean; explained: boolean }) {
	const { tenant } = preferences;
	const queries = useQueryClient();
	const { pending, error, run } = useAction();
	async function turn(of: MailPreference["class"], mailed: boolean): Promise<void> {
		const done = await run(() => putMailPreference({ tenant_id: tenant.id, class: of, mailed }));
		await queries.invalidateQueries({ queryKey: mailsQuery.queryKey });
		if (done !== undefined) toaster.noted(mailed ? "These mails are sent to you." : "These mails are not sent to you any more.");
	}
	return (
		<Box role="group" aria-label={`Mails about ${tenant.name}`} data-mails={tenant.id}>
			{named && (
				<Title order={3} fz={13} mb={8} lineClamp={1} title={tenant.name}>
					<bdi>{tenant.name}</bdi>
				</Title>
			)}
			<SimpleGrid cols={{ base: 1, sm: CLASSES.length }} spacing="lg" verticalSpacing={8}>
				{CLASSES.map(({ of, name, text }) => (
					<Switch
						key={of}
						label={name}
						description={explained ? text : undefined}
						checked={preferences[of]}
						disabled={pending}
						onChange={(event) => void turn(of, event.currentTarget.checked)}
					/>
				))}
			</SimpleGrid>
			<Problem error={error} />
		</Box>
	);
}
