import { Box } from "@mantine/core";
import type { ReactNode } from "react";

/** The foot of a sheet's form: stays in sight while the form scrolls behind it. */
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
