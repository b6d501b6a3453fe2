import type { MantineColorsTuple } from "@mantine/core";

/** The shade of buttons in light: the operator's colour itself; white text is readable on it. */
const OWN_SHADE = 7;
const LIGHTEST = 0.975;
/** The minimum lightness for mixing lighter shades, which must be readable on dark surfaces. */
const DARKEST_SOURCE = 0.42;
const DARKER_STEPS = [0.92, 0.82] as const;
/** How much chroma falls as lightness rises. */
const BEND = 1.2;

/** A perceptually uniform colour: lightness 0–1 and two axes of hue (Björn Ottosson's Oklab, 2020). */
type Oklab = readonly [lightness: number, green_red: number, blue_yellow: number];

function toLinear(channel: number): number {
	return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
}

function fromLinear(light: number): number {
	const bounded = Math.min(1, Math.max(0, light));
	return bounded <= 0.0031308 ? bounded * 12.92 : 1.055 * bounded ** (1 / 2.4) - 0.055;
}

function getChannels(hex: string): [number, number, number] {
	const number = Number.parseInt(hex.slice(1), 16);
	return [toLinear((number >> 16) / 255), toLinear(((number >> 8) & 255) / 255), toLinear((number & 255) / 255)];
}

function toOklab(hex: string): Oklab {
	const [r, g, b] = getChannels(hex);
	const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
	const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
	const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
	return [
		0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
		1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
		0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
	];
}

function toHex([lightness, a, b]: Oklab): string {
	const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
	const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
	const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
	const channels = [
		4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
		-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
		-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
	];
	return `#${channels
		.map((light) =>
			Math.round(fromLinear(light) * 255)
				.toString(16)
				.padStart(2, "0"),
		)
		.join("")}`;
}

/** Ten shades of the operator's colour (`#rrggbb`), from nearly white to darker than itself. */
export function accentShades(hex: string): MantineColorsTuple {
	const [lightness, a, b] = toOklab(hex);
	const source = Math.max(lightness, DARKEST_SOURCE);
	const shade = (index: number): string => {
		if (index === OWN_SHADE) return hex;
		const darker = DARKER_STEPS[index - OWN_SHADE - 1];
		if (darker !== undefined) return toHex([lightness * darker, a * darker, b * darker]);
		const part = (index / OWN_SHADE) ** BEND;
		return toHex([LIGHTEST + (source - LIGHTEST) * part, a * part, b * part]);
	};
	return [shade(0), shade(1), shade(2), shade(3), shade(4), shade(5), shade(6), shade(7), shade(8), shade(9)];
}

/** The contrast ratio of two colours, 1–21 (WCAG 2.2). */
export function contrast(first: string, second: string): number {
	const [dark = 0, light = 0] = [first, second]
		.map((hex) => {
			const [r, g, b] = getChannels(hex);
			return 0.2126 * r + 0.7152 * g + 0.0722 * b;
		})
		.sort((x, y) => x - y);
	return (light + 0.05) / (dark + 0.05);
}
