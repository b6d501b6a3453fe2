/** Lines of the axis above zero. */
const STEPS_MAX = 4;
const NICE = [1, 2, 2.5, 5, 10] as const;

/** The values of the axis from 0 to at least `most`, whole and round, at most `steps_max` above zero. */
export function getTicks(most: number, steps_max = STEPS_MAX): number[] {
	const rough = Math.max(1, most) / steps_max;
	const magnitude = 10 ** Math.floor(Math.log10(rough));
	const step = NICE.map((nice) => nice * magnitude).find((nice) => nice >= rough && Number.isInteger(nice)) ?? Math.ceil(rough);
	const steps = Math.max(1, Math.ceil(most / step));
	return Array.from({ length: steps + 1 }, (_, index) => index * step);
}
