import { type ComponentType, lazy, Suspense, useEffect, useState } from "react";
import { loadScript } from "../http/load-script.ts";
import { focusPage } from "./keep-focus.ts";

/**
 * A dialog whose script is loaded when it is first opened. It is mounted closed and opened next, because Mantine returns the focus only of what was
 * opened after it was mounted. `closed` are its props while it is closed.
 */
export function lazyDialog<Props extends object>(
	load: () => Promise<ComponentType<Props>>,
	isOpen: (props: Props) => boolean,
	closed: Partial<Props>,
): ComponentType<Props> {
	const Dialog = lazy(async () => ({ default: await loadScript(load) }));
	function Mounted(props: Props) {
		const [mounted, setMounted] = useState(false);
		useEffect(() => {
			focusPage();
			setMounted(true);
		}, []);
		return <Dialog {...props} {...(mounted ? {} : closed)} />;
	}
	return function LazyDialog(props: Props) {
		const [wanted, setWanted] = useState(false);
		if (!wanted && isOpen(props)) setWanted(true);
		return wanted ? (
			<Suspense>
				<Mounted {...props} />
			</Suspense>
		) : null;
	};
}
