import { equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { accentShades, contrast } from "./accent.ts";

const WHITE = "#ffffff";
/** The backgrounds of links: the lightest and darkest surfaces of both colour schemes. */
const LIGHT_SURFACE = "#f1f3f6";
const DARK_SURFACE = "#20252d";
const READABLE = 4.5;

const colors = fc.integer({ min: 0, max: 0xffffff }).map((number) => `#${number.toString(16).padStart(6, "0")}`);
/** Accent colours that the server accepts. */
const accents = colors.filter((hex) => contrast(hex, WHITE) >= READABLE);

test("the main shade is the colour itself, and every shade is a valid colour", () => {
	fc.assert(
		fc.property(accents, (hex) => {
			const shades = accentShades(hex);
			equal(shades[7], hex);
			for (const shade of shades) match(shade, /^#[0-9a-f]{6}$/);
		}),
	);
});

test("accent text is readable in light and dark, and white text on the accent", () => {
	fc.assert(
		fc.property(accents, (hex) => {
			const shades = accentShades(hex);
			ok(contrast(shades[8], LIGHT_SURFACE) >= READABLE, `link in light: ${shades[8]} of ${hex}`);
			ok(contrast(shades[4], DARK_SURFACE) >= READABLE, `link in dark: ${shades[4]} of ${hex}`);
			ok(contrast(shades[8], WHITE) >= READABLE, `button in dark: ${shades[8]} of ${hex}`);
		}),
		{ numRuns: 2_000 },
	);
});
