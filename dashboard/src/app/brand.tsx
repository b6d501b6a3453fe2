import { MantineProvider } from "@mantine/core";
import { type ReactNode, useMemo } from "react";
import { useProfile } from "../access/session.ts";
import { accentShades } from "../ui/accent.ts";
import { cssVariables, theme } from "../ui/theme.ts";

const ACCENT = /^#[0-9a-f]{6}$/i;

/** Applies the theme, with the operator's colour if the API profile has one. */
export function Brand({ nonce, children }: { nonce: string; children: ReactNode }) {
	const accent = useProfile()?.accent_color ?? null;
	const branded = useMemo(
		() =>
			accent !== null && ACCENT.test(accent)
				? { ...theme, primaryColor: "accent", colors: { ...theme.colors, accent: accentShades(accent) } }
				: theme,
		[accent],
	);
	return (
		<MantineProvider theme={branded} cssVariablesResolver={cssVariables} defaultColorScheme="auto" getStyleNonce={() => nonce}>
			{children}
		</MantineProvider>
	);
}
