import { Box, Code, Group, ScrollArea, Skeleton, Tabs, Text } from "@mantine/core";
import { useProfile } from "../../access/session.ts";
import { CopyButton } from "../../ui/copy-button.tsx";
import { getSnippets, variableName } from "./snippets.ts";

const HEIGHT_PX = 300;

/** A connectivity check for this tenant in several languages, with the key in an environment variable, never in the code. */
export function SnippetsTabs({ tenant_id }: { tenant_id: string }) {
	const profile = useProfile();
	if (profile === null) return <Skeleton height={HEIGHT_PX} />;
	const snippets = getSnippets({ ...profile, tenant_id });
	return (
		<Box>
			<Text size="sm" mb={8}>
				Put the key into the environment variable <Code className="kw-mono">{variableName(profile.product_name)}</Code> of your server, then try it:
			</Text>
			<Tabs defaultValue="curl" keepMounted={false}>
				<ScrollArea type="never">
					<Tabs.List style={{ flexWrap: "nowrap" }} aria-label="Language">
						{snippets.map(({ language, label }) => (
							<Tabs.Tab key={language} value={language} px="sm">
								{label}
							</Tabs.Tab>
						))}
					</Tabs.List>
				</ScrollArea>
				{snippets.map(({ language, label, text }) => (
					<Tabs.Panel key={language} value={language} pt={8}>
						<Box pos="relative">
							<Code block className="kw-mono" bg="var(--kw-code)" mah={HEIGHT_PX} tabIndex={0} role="region" aria-label={`${label} snippet`}>
								{text}
							</Code>
							<Group justify="flex-end" mt={6}>
								<CopyButton value={text} what={`${label} snippet`} size="xs" />
							</Group>
						</Box>
					</Tabs.Panel>
				))}
			</Tabs>
		</Box>
	);
}
