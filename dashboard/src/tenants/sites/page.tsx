import { Box, Button, Text, Title } from "@mantine/core";
import { IconBuildingStore, IconPlus } from "@tabler/icons-react";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type ReactNode, useRef } from "react";
import { useAccess, useTenant } from "../../access/session.ts";
import { ListMissing } from "../../keys/missing.tsx";
import { formatUsed } from "../../plans/meter.ts";
import { limitsQuery } from "../../plans/queries.ts";
import { useDialog, useKept, useStaying } from "../../ui/dialog/use-dialog.ts";
import { Page } from "../../ui/page.tsx";
import { siteQuery } from "../site-queries.ts";
import { DeleteSite } from "./delete.tsx";
import { SiteDialog } from "./dialog.tsx";
import { SitesList } from "./list.tsx";

const BOARD_WIDTH_PX = 560;

/** The tenant's sites, to which keys can be bound. */
export default function SitesPage() {
	const tenant = useTenant();
	const { may, missing } = useAccess();
	const { search = "" } = useSearch({ strict: false });
	const navigate = useNavigate();
	const { data: limits } = useSuspenseQuery(limitsQuery(tenant.id));
	const add_one = useDialog("add");
	const edit = useDialog("edit");
	const removal = useDialog("delete");
	const about = edit.of ?? removal.of;
	const { data: found } = useQuery(siteQuery(tenant.id, about));
	const site = useKept(found);
	const adds = useStaying(add_one.opened, may.manage_sites);
	const edits = useStaying(edit.opened, found !== undefined && may.manage_sites);
	const deletes = useStaying(removal.opened, found !== undefined && may.manage_sites);
	const region = useRef<HTMLDivElement>(null);
	/** The row that opened the dialog may be gone with its site. */
	function keepFocus(): void {
		if (document.activeElement === null || document.activeElement === document.body) region.current?.focus();
	}
	const { used, max } = limits.sites;
	const isFull = max !== null && used >= max;
	const add = (
		<Button leftSection={<IconPlus size={16} aria-hidden="true" />} onClick={() => add_one.open()}>
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
					onSearch={(next) => {
						// A dialog may have been opened since the text was typed.
						void navigate({
							to: "/sites",
							search: ({ search: _search, ...now }) => ({ ...now, ...(next === "" ? {} : { search: next }) }),
							replace: true,
						});
					}}
					used={`${formatUsed("site", limits.sites)} in your plan.${isFull ? " Delete one, or ask for a larger plan, before you add another." : ""}`}
					region={region}
					onEdit={may.manage_sites ? ({ id }) => edit.open(id) : null}
					onDelete={may.manage_sites ? ({ id }) => removal.open(id) : null}
				/>
			)}
			<SiteDialog opened={adds} tenant_id={tenant.id} site={null} onClose={add_one.close} />
			{site !== null && (
				<>
					<SiteDialog opened={edits} tenant_id={tenant.id} site={site} onClose={edit.close} />
					<DeleteSite opened={deletes} tenant_id={tenant.id} site={site} onClose={removal.close} onClosed={keepFocus} />
				</>
			)}
		</Page>
	);
}

/** Shown instead of an empty table: what a site is and what it is for. */
function SitesBoard({ add }: { add: ReactNode }) {
	return (
		<Box className="kw-surface" p="xl" data-board>
			<IconBuildingStore size={28} stroke={1.6} aria-hidden="true" />
			<Title order={2} mt="sm">
				No site yet
			</Title>
			<Text mt={4} maw={BOARD_WIDTH_PX}>
				A site is a place of yours that data belongs to: each shop, each bot, each app. With sites, a key for the shop in Ghent can be kept from
				reading the one in Lyon, and a test key never gets near what is live.
			</Text>
			<Text mt="sm" mb="md" c="dimmed" maw={BOARD_WIDTH_PX}>
				Without any, keys work for everything that belongs to you alone. You can add sites at any time.
			</Text>
			{add}
		</Box>
	);
}
