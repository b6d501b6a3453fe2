import { createRootRoute, lazyRouteComponent } from "@tanstack/react-router";
import { loadScript } from "../http/load-script.ts";
import { dialogSearchFrom } from "../ui/dialog/names.ts";
import { FailurePage } from "../ui/failure-page.tsx";
import { NotFoundPage } from "../ui/not-found-page.tsx";
import { PageSkeleton } from "../ui/page-skeleton.tsx";

/** The parent of every page. The address may name an open dialog on each. */
export const root = createRootRoute({ validateSearch: dialogSearchFrom, notFoundComponent: NotFoundPage, errorComponent: FailurePage });

/** What a page shows while it loads, and after it failed. */
export const WHILE = { pendingComponent: PageSkeleton, errorComponent: FailurePage };

/** A page whose script is loaded when it is first opened. */
export function lazyPage(load: () => Promise<{ default: () => React.ReactNode }>) {
	return lazyRouteComponent(() => loadScript(load));
}
