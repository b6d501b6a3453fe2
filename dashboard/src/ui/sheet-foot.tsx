import { Box } from "@mantine/core";
import type { ReactNode } from "react";

const EDGE = "calc(var(--mantine-spacing-md) * -1)";

/** Footer of a form in a sheet or dialog: it stays in view and reaches from edge to edge. */
export function SheetFoot({ children }: { children: ReactNode }) {
	return (
		<Box pos="sticky" bottom={0} bg="var(--kw-surface)" p="md" mx={EDGE} mb={EDGE} style={{ borderTop: "1px solid var(--kw-hairline)", zIndex: 2 }}>
			{children}
		</Box>
	);
}
