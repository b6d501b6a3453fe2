import type { Shown } from "./search.ts";

const RING = { fill: "none", stroke: "currentColor", strokeWidth: 1.1 } as const;
const LINE = { fill: "none", stroke: "currentColor", strokeWidth: 1.2, strokeLinecap: "round", strokeLinejoin: "round" } as const;

/** A ring with a tick, a cross, or a question mark in a dashed ring: the status without its colour. */
export function StatusShape({ status }: { status: Shown }) {
	return (
		<svg className="kw-item-shape" data-status={status} viewBox="0 0 12 12" width={16} height={16} aria-hidden="true">
			{status === "met" && (
				<>
					<circle cx="6" cy="6" r="5.4" fill="currentColor" />
					<path d="M3.6 6.2l1.7 1.7 3.2-3.6" {...LINE} stroke="var(--kw-surface)" strokeWidth={1.3} />
				</>
			)}
			{status === "not_met" && (
				<>
					<circle cx="6" cy="6" r="5" {...RING} />
					<path d="M4.2 4.2l3.6 3.6M7.8 4.2L4.2 7.8" {...LINE} />
				</>
			)}
			{status === "unknown" && (
				<>
					<circle cx="6" cy="6" r="5" {...RING} strokeDasharray="2 1.5" />
					<path d="M4.7 4.8a1.35 1.35 0 1 1 1.9 1.3c-.4.2-.6.5-.6.9M6 8.5h.01" {...LINE} strokeWidth={1.1} />
				</>
			)}
		</svg>
	);
}
