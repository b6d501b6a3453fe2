import { Button, Group, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery, useSuspenseInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useAccess, useTenant } from "../../access/session.ts";
import { ListMissing } from "../../keys/missing.tsx";
import { formatUsed } from "../../plans/meter.ts";
import { limitsQuery } from "../../plans/queries.ts";
import { Page } from "../../ui/page.tsx";
import { siteListQuery } from "../site-queries.ts";
import { SitesBoard } from "./board.tsx";
import { DeleteSite } from "./delete.tsx";
import { SiteDialog } from "./dialog.tsx";
import { type Site, SitesTable } from "./table.tsx";

interface Chosen {
	readonly kind: "edit" | "delete";
	/** Null to add one. Kept while the dialog closes. */
	readonly site: Site | null;
}

/** The tenant's sites, to which keys can be bound. */
export default function SitesPage() {
	const tenant = useTenant();
	const { may, missing } = useAccess();
	const { data, hasNextPage, fetchNextPage, isFetchingNextPage } = useSuspenseInfiniteQuery(siteListQuery(tenant.id));
	const { data: limits } = useQuery(limitsQuery(tenant.id));
	const [chosen, setChosen] = useState<Chosen>({ kind: "edit", site: null });
	const [opened, setOpened] = useState(false);
	const sites = data.pages.flatMap((page) => page.data);
	const close = () => setOpened(false);
	function open(kind: Chosen["kind"], site: Site | null): void {
		setChosen({ kind, site });
		setOpened(true);
	}
	const isFull = limits !== undefined && limits.sites.max !== null && limits.sites.used >= limits.sites.max;
	const add = (
		<Button leftSection={<IconPlus size={16} aria-hidden="true" />} onClick={() => open("edit", null)}>
			Add a site
		</Button>
	);
	return (
		<Page
			title="Sites"
			lead={`The places of ${tenant.name} that keys work at: a shop, a bot, an app. A key can be bound to some of them.`}
			action={may.manage_sites && sites.length > 0 ? add : undefined}
		>
			{!may.manage_sites && <ListMissing missing={missing.filter(({ kind }) => kind !== "plan")} />}
			{limits !== undefined && (
				<Text size="sm" c="dimmed" data-used>
					{formatUsed("site", limits.sites)} in your plan.{isFull && " Delete one, or ask for a larger plan, before you add another."}
				</Text>
			)}
			{sites.length === 0 ? (
				<SitesBoard add={may.manage_sites ? add : null} />
			) : (
				<SitesTable
					sites={sites}
					onEdit={may.manage_sites ? (site) => open("edit", site) : null}
					onDelete={may.manage_sites ? (site) => open("delete", site) : null}
				/>
			)}
			{hasNextPage && (
				<Group justify="center">
					<Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
						Show more sites
					</Button>
				</Group>
			)}
			<SiteDialog opened={opened && chosen.kind === "edit"} tenant_id={tenant.id} site={chosen.site} onClose={close} />
			{chosen.site !== null && <DeleteSite opened={opened && chosen.kind === "delete"} tenant_id={tenant.id} site={chosen.site} onClose={close} />}
		</Page>
	);
}
