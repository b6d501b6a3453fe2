import { Box } from "@mantine/core";
import type { ReactNode } from "react";

/** Sticky footer of a form in a sheet. */
export function SheetFoot({ children }: { children: ReactNode }) {
	return (
		<Box
			pos="sticky"
			bottom={0}
			bg="var(--mantine-color-body)"
			py="md"
			mb="calc(var(--mantine-spacing-md) * -1)"
			style={{ borderTop: "1px solid var(--kw-hairline)", zIndex: 2 }}
		>
			{children}
		</Box>
	);
}
