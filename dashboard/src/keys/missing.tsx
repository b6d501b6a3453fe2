import { Anchor, Box, Group, List, Stack, Text, ThemeIcon, Title } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import type { paths } from "../http/openapi.gen.ts";

type Missing = paths["/api/v1/tenants/{tenant_id}/access"]["get"]["responses"][200]["content"]["application/json"]["missing"][number];

const TITLES: Readonly<Record<Missing["kind"], string>> = {
	plan: "API access is not in your plan",
	role: "Your role does not include creating keys",
	standing: "This tenant is suspended",
};

/** Why this person cannot create a key, and who can change that. */
export function ListMissing({ missing }: { missing: readonly Missing[] }) {
	return (
		<Stack gap="sm">
			{missing.map(({ kind, detail, who, support_url }) => (
				<Group
					key={kind}
					component="section"
					className="kw-surface"
					p="lg"
					wrap="nowrap"
					align="flex-start"
					aria-label={TITLES[kind]}
					data-missing={kind}
				>
					<ThemeIcon variant="light" color="yellow" size={32} radius="xl">
						<IconLock size={18} stroke={1.6} aria-hidden="true" />
					</ThemeIcon>
					<Box miw={0} maw={680}>
						<Title order={2}>{TITLES[kind]}</Title>
						<Text size="sm" className="kw-wrap">
							{detail}
						</Text>
						{who.length > 0 && (
							<>
								<Text size="sm" mt={8}>
									Ask one of these people:
								</Text>
								<List size="sm" className="kw-wrap">
									{who.map(({ name, email }) => (
										<List.Item key={`${name} ${email}`}>
											{name}
											{email !== null && (
												<>
													{", "}
													<Anchor href={`mailto:${encodeURIComponent(email)}`} size="sm" underline="always">
														{email}
													</Anchor>
												</>
											)}
										</List.Item>
									))}
								</List>
							</>
						)}
						{support_url !== null && /^https?:\/\//.test(support_url) && (
							<Anchor href={support_url} size="sm" mt={8} display="inline-block" underline="always" rel="noreferrer">
								Contact support
							</Anchor>
						)}
					</Box>
				</Group>
			))}
		</Stack>
	);
}
