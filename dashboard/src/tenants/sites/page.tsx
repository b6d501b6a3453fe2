import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { useAccess, useTenant } from "../../access/session.ts";
import { ListMissing } from "../../keys/missing.tsx";
import { formatUsed } from "../../plans/meter.ts";
import { limitsQuery } from "../../plans/queries.ts";
import { Page } from "../../ui/page.tsx";
import type { Site } from "../site-queries.ts";
import { SitesBoard } from "./board.tsx";
import { DeleteSite } from "./delete.tsx";
import { SiteDialog } from "./dialog.tsx";
import { SitesList } from "./list.tsx";

interface Chosen {
	readonly kind: "edit" | "delete";
	/** Null to add one. Kept while the dialog closes. */
	readonly site: Site | null;
}

/** The tenant's sites, to which keys can be bound. */
export default function SitesPage() {
	const tenant = useTenant();
	const { may, missing } = useAccess();
	const { search = "" } = useSearch({ strict: false });
	const navigate = useNavigate();
	const { data: limits } = useSuspenseQuery(limitsQuery(tenant.id));
	const [chosen, setChosen] = useState<Chosen>({ kind: "edit", site: null });
	const [opened, setOpened] = useState(false);
	const region = useRef<HTMLDivElement>(null);
	const close = () => setOpened(false);
	function open(kind: Chosen["kind"], site: Site | null): void {
		setChosen({ kind, site });
		setOpened(true);
	}
	/** The row that opened the dialog may be gone with its site. */
	function keepFocus(): void {
		if (document.activeElement === null || document.activeElement === document.body) region.current?.focus();
	}
	const { used, max } = limits.sites;
	const isFull = max !== null && used >= max;
	const add = (
		<Button leftSection={<IconPlus size={16} aria-hidden="true" />} onClick={() => open("edit", null)}>
			Add a site
		</Button>
	);
	return (
		<Page
			title="Sites"
			lead={
				<>
					The places of{" "}
					<bdi className="kw-name" title={tenant.name}>
						{tenant.name}
					</bdi>{" "}
					that keys work at: a shop, a bot, an app. A key can be bound to some of them.
				</>
			}
			action={may.manage_sites && used > 0 ? add : undefined}
		>
			{!may.manage_sites && <ListMissing missing={missing.filter(({ kind }) => kind !== "plan")} />}
			{used === 0 ? (
				<SitesBoard add={may.manage_sites ? add : null} />
			) : (
				<SitesList
					key={tenant.id}
					tenant_id={tenant.id}
					search={search}
					onSearch={(next) => void navigate({ to: "/sites", search: { tenant: tenant.id, ...(next === "" ? {} : { search: next }) }, replace: true })}
					used={`${formatUsed("site", limits.sites)} in your plan.${isFull ? " Delete one, or ask for a larger plan, before you add another." : ""}`}
					region={region}
					onEdit={may.manage_sites ? (site) => open("edit", site) : null}
					onDelete={may.manage_sites ? (site) => open("delete", site) : null}
				/>
			)}
			<SiteDialog opened={opened && chosen.kind === "edit"} tenant_id={tenant.id} site={chosen.site} onClose={close} />
			{chosen.site !== null && (
				<DeleteSite opened={opened && chosen.kind === "delete"} tenant_id={tenant.id} site={chosen.site} onClose={close} onClosed={keepFocus} />
			)}
		</Page>
	);
}
