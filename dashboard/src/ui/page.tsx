import { Box, Group, Stack, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import type { ReactNode } from "react";

interface PageProps {
	readonly title: string;
	/** One sentence of what the page is for. */
	readonly lead?: ReactNode;
	/** The page's one primary action, at the top right. */
	readonly action?: ReactNode;
	/** The way to the page that this one belongs to. */
	readonly back?: ReactNode;
	readonly children: ReactNode;
}

/** Every page of the signed-in part: its heading, its sentence, its one action. */
export function Page({ title, lead, action, back, children }: PageProps) {
	useDocumentTitle(title);
	return (
		<Stack className="kw-page" gap="lg">
			<Group justify="space-between" align="flex-start" wrap="wrap" gap="sm">
				<Box maw={720} miw={0}>
					{back}
					<Title order={1} className="kw-wrap">
						{title}
					</Title>
					{lead !== undefined && (
						<Text component="div" c="dimmed" mt={4}>
							{lead}
						</Text>
					)}
				</Box>
				{action}
			</Group>
			{children}
		</Stack>
	);
}

/** A surface with a heading, the unit that pages are made of. */
export function Section({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
	return (
		<Box component="section" className="kw-surface" p="lg" aria-label={title}>
			<Group justify="space-between" align="center" mb="sm" gap="xs">
				<Title order={2}>{title}</Title>
				{aside}
			</Group>
			{children}
		</Box>
	);
}
