import { Box, Text, Title } from "@mantine/core";
import { IconPackageImport } from "@tabler/icons-react";
import type { ReactNode } from "react";

const WIDTH_PX = 600;

/** Shown instead of an empty table: how to import keys. */
export function LegacyBoard({ add }: { add: ReactNode }) {
	return (
		<Box className="kw-surface" p="xl" data-board>
			<IconPackageImport size={28} stroke={1.6} aria-hidden="true" />
			<Title order={2} mt="sm">
				No keys from elsewhere
			</Title>
			<Text mt={4} maw={WIDTH_PX}>
				You have issued keys before, with another product or your own code, and kept their SHA-256 hashes? Say what these keys look like, then import
				the hashes. Each key works unchanged from then on, is limited and revoked like every other, and is shown to its owner as due for replacement.
			</Text>
			<Text mt="sm" mb="md" c="dimmed" maw={WIDTH_PX}>
				The keys themselves are not needed, and a bare hash is not what is stored here.
			</Text>
			{add}
		</Box>
	);
}
