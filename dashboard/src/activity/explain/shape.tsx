import type { CheckLine } from "../checks.ts";

const PATHS: Readonly<Record<CheckLine["outcome"], string>> = {
	passed: "M2 6.5l2.8 2.8L10 3.2",
	refused: "M2.5 2.5l7 7M9.5 2.5l-7 7",
	not_reached: "M6 1.75a4.25 4.25 0 1 1 0 8.5a4.25 4.25 0 1 1 0-8.5",
};

/** A tick, a cross or a ring: passed, refused, not reached. */
export function CheckShape({ outcome }: Pick<CheckLine, "outcome">) {
	return (
		<svg width={12} height={12} viewBox="0 0 12 12" fill="none" stroke="currentColor" strokeWidth={1.8} strokeLinecap="round" aria-hidden="true">
			<path d={PATHS[outcome]} />
		</svg>
	);
}
