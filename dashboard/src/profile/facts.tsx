import { Box, SimpleGrid, Text } from "@mantine/core";
import type { ReactNode } from "react";

const NAME_PX = 128;

export function Facts({ children }: { children: ReactNode }) {
	return (
		<SimpleGrid component="dl" cols={1} spacing="sm" m={0}>
			{children}
		</SimpleGrid>
	);
}

/** A label and its value; side by side on wide screens. */
export function Fact({ name, children }: { name: string; children: ReactNode }) {
	return (
		<Box style={{ display: "flex", flexWrap: "wrap", columnGap: 16 }}>
			<Text component="dt" c="dimmed" flex={`0 0 ${NAME_PX}px`}>
				{name}
			</Text>
			<Text component="dd" m={0} className="kw-wrap" flex="1 1 240px" miw={0}>
				{children}
			</Text>
		</Box>
	);
}
