/** The coordinates of the drawing, which is stretched to its place. */
export const OUTLINE_WIDTH = 720;
export const OUTLINE_HEIGHT = 100;

/** Twice 1, 2, 5 or 10 · 10ⁿ, so that the half is a round number too. */
const TOPS = [2, 4, 10, 20];

/** The top of an axis from zero, not below `most`. */
export function getTop(most: number): number {
	const power = 10 ** Math.floor(Math.log10(Math.max(1, most)));
	return TOPS.map((factor) => factor * power).find((top) => top >= most) ?? 20 * power;
}

/** The outline of the counts as steps: level through each bucket, upright between two. */
export function getSteps(counts: readonly number[], top: number): string {
	const wide = OUTLINE_WIDTH / counts.length;
	return counts
		.map((count, index) => {
			const y = (OUTLINE_HEIGHT - (count / top) * OUTLINE_HEIGHT).toFixed(1);
			return `${index === 0 ? `M0 ${y}` : `V${y}`}H${((index + 1) * wide).toFixed(1)}`;
		})
		.join("");
}
