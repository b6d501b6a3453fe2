import type { ReactNode } from "react";

/** Footer of a form in a sheet or dialog: it stays in view and reaches from edge to edge. */
export function SheetFoot({ children }: { children: ReactNode }) {
	return <div className="kw-sheet-foot">{children}</div>;
}
