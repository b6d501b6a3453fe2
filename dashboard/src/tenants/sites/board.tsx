import { Box, Text, Title } from "@mantine/core";
import { IconBuildingStore } from "@tabler/icons-react";
import type { ReactNode } from "react";

const WIDTH_PX = 560;

/** Shown instead of an empty table: what a site is and what it is for. */
export function SitesBoard({ add }: { add: ReactNode }) {
	return (
		<Box className="kw-surface" p="xl" data-board>
			<IconBuildingStore size={28} stroke={1.6} aria-hidden="true" />
			<Title order={2} mt="sm">
				No site yet
			</Title>
			<Text mt={4} maw={WIDTH_PX}>
				A site is a place of yours that data belongs to: each shop, each bot, each app. With sites, a key for the shop in Ghent can be kept from
				reading the one in Lyon, and a test key never gets near what is live.
			</Text>
			<Text mt="sm" mb="md" c="dimmed" maw={WIDTH_PX}>
				Without any, keys work for everything that belongs to you alone. You can add sites at any time.
			</Text>
			{add}
		</Box>
	);
}
