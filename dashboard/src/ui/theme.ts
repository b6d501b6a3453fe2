import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";

/** Neutral with a slight blue: the only greys. Index 0 is lightest. */
const slate: MantineColorsTuple = ["#f8f9fb", "#f1f3f6", "#e5e8ed", "#d3d8e0", "#b3bac6", "#8b94a3", "#687180", "#4c5462", "#323944", "#1b2029"];
const dark: MantineColorsTuple = ["#e3e6ec", "#c3c9d3", "#9ba3b1", "#79818f", "#3f4652", "#2d333d", "#20252d", "#171b21", "#111419", "#0c0f13"];

/** The colour and shape of each state; never the colour alone. */
export const MEANINGS = {
	good: { color: "teal", shape: "●" },
	attention: { color: "yellow", shape: "◐" },
	resting: { color: "gray", shape: "○" },
	ended: { color: "red", shape: "✕" },
	// The shape fills as an end comes nearer; `attention` is between the two.
	coming: { color: "gray", shape: "◔" },
	last: { color: "red", shape: "◕" },
} as const;
export type Meaning = keyof typeof MEANINGS;

export const PAGE_WIDTH_PX = 1_120;

/** Dialogs and sheets have a heading like a section's. */
const HEADED = { title: { fontWeight: 600, fontSize: "var(--mantine-font-size-lg)", lineHeight: 1.4 } };

const SHOWS_PASSWORD = { "aria-label": "Show the password", tabIndex: 0 };

export const theme = createTheme({
	primaryColor: "indigo",
	primaryShade: { light: 7, dark: 8 },
	autoContrast: true,
	colors: { gray: slate, dark },
	fontFamily: "'Inter Variable', system-ui, sans-serif",
	fontFamilyMonospace: "'Geist Mono Variable', ui-monospace, monospace",
	fontSizes: { xs: "12px", sm: "13px", md: "14px", lg: "16px", xl: "20px" },
	lineHeights: { xs: "1.4", sm: "1.45", md: "1.5", lg: "1.5", xl: "1.4" },
	headings: {
		fontWeight: "600",
		sizes: { h1: { fontSize: "22px", lineHeight: "1.3" }, h2: { fontSize: "16px", lineHeight: "1.4" }, h3: { fontSize: "14px", lineHeight: "1.5" } },
	},
	defaultRadius: 8,
	cursorType: "pointer",
	respectReducedMotion: true,
	components: {
		Button: { defaultProps: { size: "sm" } },
		TextInput: { defaultProps: { size: "sm" } },
		// The library keeps the button that shows the password out of the Tab order.
		PasswordInput: { defaultProps: { size: "sm", visibilityToggleButtonProps: SHOWS_PASSWORD } },
		Select: { defaultProps: { size: "sm", allowDeselect: false } },
		// A closed list of choices costs a page neither its elements nor the measuring of their place.
		Combobox: { defaultProps: { keepMounted: false } },
		// Mantine's focus placeholder is not a valid child of role=menu.
		Menu: { defaultProps: { withInitialFocusPlaceholder: false } },
		Modal: { defaultProps: { centered: true, transitionProps: { duration: 140 } }, styles: HEADED },
		Drawer: { defaultProps: { transitionProps: { duration: 160 } }, styles: HEADED },
		Tooltip: { defaultProps: { openDelay: 250, transitionProps: { duration: 120 } } },
		// The close button of dialogs, sheets and toasts needs an accessible name.
		CloseButton: { defaultProps: { "aria-label": "Close" } },
		InputWrapper: { styles: { description: { fontSize: "var(--mantine-font-size-xs)" } } },
		Table: { defaultProps: { borderColor: "var(--kw-hairline)", highlightOnHoverColor: "var(--kw-code)" } },
		Badge: { defaultProps: { variant: "light", radius: "sm", tt: "none", fw: 500 } },
	},
});

/** Replaces derived Mantine colours that have too little contrast, and adds our own variables. */
export const cssVariables: CSSVariablesResolver = () => ({
	variables: { "--kw-page-width": `${PAGE_WIDTH_PX}px` },
	light: {
		"--mantine-color-body": "#fbfbfd",
		"--mantine-color-anchor": "var(--mantine-primary-color-8)",
		"--mantine-color-dimmed": "#5a6373",
		"--mantine-color-error": "#c92a2a",
		"--mantine-color-red-filled": "#c92a2a",
		"--mantine-color-red-filled-hover": "#a52222",
		"--kw-surface": "#ffffff",
		"--kw-hairline": "#e5e8ed",
		"--kw-code": "#f4f5f8",
		"--kw-good": "#087f5b",
		"--kw-attention": "#8a5300",
		"--kw-attention-mark": "#c97a00",
		"--kw-attention-line": "#f0dca6",
		"--kw-good-mark": "#099268",
		"--kw-mark": "#7c8696",
		"--kw-line": "#d3d8e0",
		"--kw-old-key": "#687180",
		"--kw-ended": "#b42318",
		"--kw-operator": "#9c36b5",
		"--kw-chart-allowed": "#5c7cfa",
		"--kw-chart-refused": "#d6333a",
		"--kw-chart-limited": "#d98a00",
		"--mantine-color-yellow-light": "#fff4d6",
		"--mantine-color-yellow-light-color": "#7a4a00",
		"--mantine-color-teal-light": "#d9f6ea",
		"--mantine-color-teal-light-color": "#06603f",
		"--mantine-color-red-light-color": "#a61b1b",
		"--mantine-color-indigo-light-hover": "#cfd9ff",
	},
	dark: {
		"--mantine-color-body": "#0f1216",
		"--mantine-color-dimmed": "#9ba3b1",
		"--mantine-color-error": "#ff8787",
		"--mantine-color-red-filled": "#c92a2a",
		"--mantine-color-red-filled-hover": "#a52222",
		"--kw-surface": "#161a20",
		"--kw-hairline": "#272d36",
		"--kw-code": "#11151a",
		"--kw-good": "#4fd1a5",
		"--kw-attention": "#f3bf55",
		"--kw-attention-mark": "#e5a93a",
		"--kw-attention-line": "#4a3b1a",
		"--kw-good-mark": "#2fb98b",
		"--kw-mark": "#8b94a3",
		"--kw-line": "#3a424e",
		"--kw-old-key": "#8b94a3",
		"--kw-ended": "#ff8a85",
		"--kw-operator": "#da77f2",
		"--kw-chart-allowed": "#6b87f8",
		"--kw-chart-refused": "#f2655f",
		"--kw-chart-limited": "#e5a93a",
		"--mantine-color-yellow-light": "#2c2413",
		"--mantine-color-yellow-light-color": "#f3bf55",
		"--mantine-color-yellow-light-hover": "#382d16",
		"--mantine-color-gray-light": "#272e38",
		"--mantine-color-gray-light-color": "#c3c9d3",
		"--mantine-color-teal-light": "#122a24",
		"--mantine-color-teal-light-color": "#4fd1a5",
		"--mantine-color-red-light": "#331b1e",
		"--mantine-color-red-light-color": "#ff9a95",
		"--mantine-color-red-light-hover": "#402124",
	},
});
