import { Box, Group, Stack, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import type { ReactNode } from "react";
import { Mark } from "../ui/brand/mark.tsx";
import { useProfile } from "./session.ts";

const WIDTH_PX = 420;
const LOGO_PX = 24;

/** Layout of the pages that need no session: the product's name, one heading, one action. */
export function OpenPage({ title, lead, children }: { title: string; lead?: ReactNode; children?: ReactNode }) {
	const profile = useProfile();
	useDocumentTitle(title);
	return (
		<Box component="main" mx="auto" maw={WIDTH_PX} px="md" py="xl" pt={{ base: "lg", sm: 72 }}>
			<Group gap={8} mb="lg" mih={LOGO_PX} wrap="nowrap">
				{profile !== null && (profile.logo_url ? <img src={profile.logo_url} alt="" height={LOGO_PX} /> : <Mark />)}
				<Text fw={600} className="kw-wrap">
					{profile?.product_name ?? ""}
				</Text>
			</Group>
			<Stack className="kw-surface" p="lg" gap="lg">
				<Box>
					<Title order={1} className="kw-wrap" lineClamp={3} title={title}>
						{title}
					</Title>
					{lead !== undefined && (
						<Text c="dimmed" mt={4} className="kw-wrap">
							{lead}
						</Text>
					)}
				</Box>
				{children}
			</Stack>
		</Box>
	);
}
