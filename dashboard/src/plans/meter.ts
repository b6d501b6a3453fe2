/** Usage against a maximum; `max` null: unlimited. */
export interface Use {
	readonly used: number;
	readonly max: number | null;
}

export type Level = "fine" | "near" | "full" | "unlimited";

/** From this share on the meter is amber. */
const NEAR_SHARE = 0.8;

export function getLevel({ used, max }: Use): Level {
	if (max === null) return "unlimited";
	if (used >= max) return "full";
	return used >= max * NEAR_SHARE ? "near" : "fine";
}

/** Percent for the bar, clamped to 0–100. A maximum of 0 is 100. */
export function getPercent({ used, max }: Use): number {
	if (max === null) return 0;
	return max === 0 ? 100 : Math.min(100, (used / max) * 100);
}

const count = new Intl.NumberFormat("en");
const UNITS = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;
const STEP = 1_024;

/** "1.5 GiB", "50 MiB", "12 bytes": at most three digits. */
export function formatSize(bytes: number): string {
	let size = bytes;
	let unit = 0;
	while (size >= STEP && unit < UNITS.length - 1) {
		size /= STEP;
		unit += 1;
	}
	return `${size >= 100 || unit === 0 ? count.format(Math.round(size)) : Number(size.toPrecision(3))} ${UNITS[unit]}`;
}

export const formatCount = (amount: number): string => count.format(amount);

/** "3 of 10 sites used", "3 sites used, without limit". */
export function formatUsed(one: string, { used, max }: Use): string {
	const things = (amount: number) => `${count.format(amount)} ${amount === 1 ? one : `${one}s`}`;
	return max === null ? `${things(used)} used, without limit` : `${count.format(used)} of ${things(max)} used`;
}
