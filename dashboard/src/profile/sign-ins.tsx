import { Badge, Box, Button, Group, Stack, Text } from "@mantine/core";
import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { Section } from "../ui/page.tsx";
import { Problem } from "../ui/problem.tsx";
import { Time } from "../ui/time.tsx";
import { toaster } from "../ui/toaster.tsx";
import { useAction } from "../ui/use-action.ts";
import { formatBrowser } from "./browser-name.ts";
import { endOtherSignIns, endSignIn, type SignIn, signInsQuery } from "./queries.ts";

const SHOWN_MAX = 3;

/** Where the person is signed in; each session but this one can be ended, or all of them at once. */
export function SignIns() {
	// The page waits for the list, whose length would move everything below it.
	const { data } = useSuspenseQuery(signInsQuery);
	const queries = useQueryClient();
	const action = useAction();
	const list = useRef<HTMLDivElement>(null);
	const others = data.data.length - 1;

	/** The pressed button goes away with its session: the focus goes to the list. */
	async function refresh(): Promise<void> {
		await queries.invalidateQueries({ queryKey: signInsQuery.queryKey });
		list.current?.focus();
	}
	async function endOthers(): Promise<void> {
		const ended = await action.run(endOtherSignIns);
		if (ended === undefined) return;
		await refresh();
		toaster.noted(ended === 1 ? "You are signed out in one other place." : `You are signed out in ${ended} other places.`);
	}
	const everywhere = others > 0 && (
		<Button variant="default" size="xs" loading={action.pending} onClick={() => void endOthers()}>
			Sign out everywhere else
		</Button>
	);
	const [all, setAll] = useState(false);
	// This browser first, then the latest.
	const sessions = data.data.toSorted((a, b) => Number(b.current) - Number(a.current) || b.begun_at.localeCompare(a.begun_at));
	return (
		<Section title="Where you are signed in" aside={everywhere}>
			<Stack gap={8} align="flex-start">
				<Box ref={list} tabIndex={-1} w="100%">
					<Stack component="ul" gap={0} m={0} p={0} style={{ listStyle: "none" }}>
						{sessions.slice(0, all ? undefined : SHOWN_MAX).map((session) => (
							<SignInRow key={session.id} session={session} onEnded={refresh} />
						))}
					</Stack>
				</Box>
				{sessions.length > SHOWN_MAX && (
					<Button variant="subtle" size="compact-sm" ml={-8} aria-expanded={all} onClick={() => setAll(!all)}>
						{all ? "Show fewer" : `Show all ${sessions.length}`}
					</Button>
				)}
				<Problem error={action.error} />
				<Text size="sm" c="dimmed">
					Something here that was not you? Sign out everywhere else, then change your password.
				</Text>
			</Stack>
		</Section>
	);
}

function SignInRow({ session, onEnded }: { session: SignIn; onEnded: () => Promise<void> }) {
	const { id, current, user_agent, begun_at, ends_at } = session;
	const action = useAction();
	const name = formatBrowser(user_agent);
	async function end(): Promise<void> {
		if ((await action.run(() => endSignIn(id))) === undefined) return;
		await onEnded();
		toaster.noted(`${name} is signed out.`);
	}
	return (
		<Box component="li" className="kw-row">
			<Group justify="space-between" gap="sm">
				<Group flex="1 1 200px" miw={0} gap="0 12px">
					<Group gap={8}>
						<Text size="sm" fw={500}>
							{name}
						</Text>
						{current && (
							<Badge variant="light" color="gray">
								This browser
							</Badge>
						)}
					</Group>
					<Text size="sm" c="dimmed">
						Signed in <Time value={begun_at} />; ends <Time value={ends_at} />
					</Text>
				</Group>
				{!current && (
					<Button variant="default" size="xs" loading={action.pending} onClick={() => void end()} aria-label={`Sign out: ${name}`}>
						Sign out
					</Button>
				)}
			</Group>
			{action.error !== null && (
				<Box mt="sm">
					<Problem error={action.error} />
				</Box>
			)}
		</Box>
	);
}
