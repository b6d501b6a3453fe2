import { Link, useParams } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useTenant } from "../../access/session.ts";
import { Count } from "../../ui/page.tsx";
import { PARTS, type Part, type Tab, tabFrom } from "./search.ts";

const NAMES: Readonly<Record<Tab, string>> = {
	overview: "Overview",
	clients: "Clients",
	refusals: "Refusals",
	versions: "Versions",
	settings: "Settings",
};

/** The tab in the address. */
export function useTab(): Tab {
	const params = useParams({ strict: false });
	return tabFrom("tab" in params ? params.tab : undefined);
}

interface TabsProps {
	readonly tenant_id: string;
	readonly key_id: string;
	/** A count where it helps; undefined while it is not known. */
	readonly counts: Readonly<Partial<Record<Part, number | undefined>>>;
}

/** The parts of the key's page as links, so that each has an address, and for those who may read it the audit log; on a phone they scroll sideways. */
export function KeyTabs({ tenant_id, key_id, counts }: TabsProps) {
	const open = useTab();
	const { role } = useTenant();
	const nav = useRef<HTMLElement>(null);
	// On a phone the tab that an address opens may be out of view; the page itself must not scroll.
	// biome-ignore lint/correctness/useExhaustiveDependencies: after each change of the tab
	useEffect(() => {
		const tab = nav.current?.querySelector<HTMLElement>("[data-open]");
		if (nav.current && tab) nav.current.scrollLeft = tab.offsetLeft - (nav.current.clientWidth - tab.offsetWidth) / 2;
	}, [open]);
	const common = { search: { tenant: tenant_id }, resetScroll: false, className: "kw-tab", activeOptions: { exact: true, includeSearch: false } };
	return (
		<nav ref={nav} className="kw-tabs" aria-label="Parts of this key">
			<Link to="/settings/api-access/$key_id" params={{ key_id }} {...common} data-open={open === "overview" || undefined}>
				{NAMES.overview}
			</Link>
			{PARTS.map((part) => (
				<Link key={part} to="/settings/api-access/$key_id/$tab" params={{ key_id, tab: part }} {...common} data-open={open === part || undefined}>
					{NAMES[part]}
					{(counts[part] ?? 0) > 0 && <Count>{counts[part] ?? 0}</Count>}
				</Link>
			))}
			{role !== "viewer" && (
				<Link to="/audit" search={{ target: key_id, tenant: tenant_id }} className="kw-tab">
					Audit
				</Link>
			)}
		</nav>
	);
}
