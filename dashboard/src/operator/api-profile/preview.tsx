import { Anchor, Box, Button, Code, Group, ScrollArea, Tabs, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { getSnippets, variableName } from "../../keys/snippets/snippets.ts";
import { accentShades } from "../../ui/accent.ts";
import type { ApiProfile } from "./queries.ts";
import type { ProfileValues } from "./values.ts";

const TENANT_ID = "acme";
const LANGUAGES = ["curl", "javascript", "python"];
const SNIPPET_HEIGHT_PX = 260;
const ACCENT = /^#[0-9a-f]{6}$/i;
const IMAGE = /^data:image\/(?:png|jpeg|webp);base64,/;

interface PreviewProps {
	readonly values: ProfileValues;
	/** The saved profile, shown for empty fields of the form. */
	readonly current: ApiProfile;
}

/** What integrators and tenants will see, from the values in the form. */
export function ProfilePreview({ values, current }: PreviewProps) {
	const product_name = values.product_name.trim() || current.product_name;
	const facts = {
		...{ product_name, tenant_id: TENANT_ID },
		api_base_url: (values.api_base_url.trim() || current.api_base_url).replace(/\/+$/, ""),
		check_request: { method: values.check_method, path: values.check_path.trim() || current.check_request.path },
	};
	const snippets = getSnippets(facts).filter(({ language }) => LANGUAGES.includes(language));
	const accent = ACCENT.test(values.accent_color) ? accentShades(values.accent_color)[7] : undefined;
	const links = [
		["Documentation", values.documentation_url],
		["Support", values.support_url],
		["Status", values.status_url],
		["Larger plans", values.upgrade_url],
	].filter(([, href]) => href !== "");
	return (
		<Box component="section" className="kw-surface kw-profile-preview" aria-label="Preview" p="md">
			<Text fz={12} c="dimmed" mb={8}>
				What they will see
			</Text>
			<Group justify="space-between" wrap="nowrap" pb="sm" style={{ borderBottom: "1px solid var(--kw-hairline)" }}>
				<Group gap={8} wrap="nowrap" miw={0}>
					{IMAGE.test(values.logo_url) && <img src={values.logo_url} alt="" height={20} />}
					<Text fw={600} truncate data-preview-name>
						<bdi>{product_name}</bdi>
					</Text>
				</Group>
				<Button component="span" style={{ pointerEvents: "none" }} {...(accent === undefined ? {} : { bg: accent, c: "white" })}>
					Create a key
				</Button>
			</Group>
			{links.length > 0 && (
				<Group gap="md" mt={8}>
					{links.map(([label, href]) => (
						<Anchor key={label} href={href} fz={13} target="_blank" rel="noreferrer">
							{label}
						</Anchor>
					))}
				</Group>
			)}
			<Block title="An example in their page">
				<Text fz={12} c="dimmed" mb={4}>
					The key is in <Code className="kw-mono">{variableName(product_name)}</Code>
				</Text>
				<Tabs defaultValue="curl" keepMounted={false}>
					<ScrollArea type="never">
						<Tabs.List aria-label="Language" style={{ flexWrap: "nowrap" }}>
							{snippets.map(({ language, label }) => (
								<Tabs.Tab key={language} value={language} px="sm">
									{label}
								</Tabs.Tab>
							))}
						</Tabs.List>
					</ScrollArea>
					{snippets.map(({ language, label, text }) => (
						<Tabs.Panel key={language} value={language} pt={8}>
							<Code block className="kw-mono" bg="var(--kw-code)" mah={SNIPPET_HEIGHT_PX} tabIndex={0} role="region" aria-label={`${label} example`}>
								{text}
							</Code>
						</Tabs.Panel>
					))}
				</Tabs>
			</Block>
			<Block title="An error that their program gets">
				<Code block className="kw-mono" bg="var(--kw-code)" tabIndex={0} role="region" aria-label="Error example">
					{JSON.stringify(
						{
							type: `${(values.error_base_url.trim() || current.error_base_url).replace(/\/+$/, "")}/key_missing`,
							status: 401,
							code: "key_missing",
						},
						null,
						2,
					)}
				</Code>
			</Block>
		</Box>
	);
}

function Block({ title, children }: { title: string; children: ReactNode }) {
	return (
		<Box mt="md">
			<Title order={3} mb={4}>
				{title}
			</Title>
			{children}
		</Box>
	);
}
