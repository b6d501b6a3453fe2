import { Button, Group, Text, TextInput } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Page } from "../../ui/page.tsx";
import { CatalogueBoard } from "./board.tsx";
import { CapabilityDialog } from "./capability-dialog.tsx";
import { type CatalogueCapability, type CataloguePermission, catalogueGroups, hasOwn, searchGroups } from "./catalogue.ts";
import { CatalogueGroup } from "./group.tsx";
import { PermissionDialog } from "./permission-dialog.tsx";
import { catalogueQuery } from "./queries.ts";
import { CatalogueRemove, type Removed } from "./remove.tsx";

const LEAD = "What plans can include and what keys may do, in the words that people read.";

/** With fewer permissions there is nothing to search. */
const SEARCHED_FROM = 13;
/** With more of them, a capability shows only its first. */
const MANY_FROM = 49;

/** Kept while the dialog closes, so that its content does not change during the animation. */
function useDialog<What>() {
	const [what, setWhat] = useState<What | null>(null);
	const [opened, setOpened] = useState(false);
	const open = (next: What | null) => {
		setWhat(next);
		setOpened(true);
	};
	return { what, opened, open, close: () => setOpened(false) };
}

/** The operator's own capabilities and permissions, and the built-in ones. */
export default function CataloguePage() {
	const { data } = useSuspenseQuery(catalogueQuery);
	const capability = useDialog<CatalogueCapability>();
	const permission = useDialog<CataloguePermission>();
	const removed = useDialog<Removed>();
	const { capabilities, permissions, plans } = data;
	const [search, setSearch] = useState("");
	const searched = search.trim() !== "";
	const groups = catalogueGroups(capabilities, permissions, plans);
	const found = searched ? searchGroups(groups, search) : groups;
	const own = hasOwn(capabilities, permissions);
	const actions = (
		<Group gap={8}>
			<Button variant="default" onClick={() => capability.open(null)}>
				Add a capability
			</Button>
			<Button leftSection={<IconPlus size={16} aria-hidden="true" />} onClick={() => permission.open(null)}>
				Add a permission
			</Button>
		</Group>
	);
	return (
		<Page title="Catalogue" lead={LEAD} action={own ? actions : undefined}>
			{!own && <CatalogueBoard onCapability={() => capability.open(null)} onPermission={() => permission.open(null)} />}
			{permissions.length >= SEARCHED_FROM && (
				<TextInput
					type="search"
					aria-label="Search the catalogue"
					placeholder="Search permissions and capabilities"
					maw={360}
					value={search}
					onChange={(event) => setSearch(event.currentTarget.value)}
				/>
			)}
			{found.length === 0 && (
				<Text c="dimmed" role="status">
					No permission and no capability matches.
				</Text>
			)}
			{found.map((group) => (
				<CatalogueGroup
					key={group.capability.name}
					group={group}
					unfolded={searched}
					crowded={permissions.length >= MANY_FROM}
					onEdit={() => capability.open(group.capability)}
					onDelete={() => removed.open({ kind: "capability", name: group.capability.name })}
					onPermission={permission.open}
					onDeletePermission={({ name }) => removed.open({ kind: "permission", name })}
				/>
			))}
			<CapabilityDialog opened={capability.opened} capability={capability.what} known={capabilities} onClose={capability.close} />
			<PermissionDialog
				opened={permission.opened}
				permission={permission.what}
				known={permissions}
				capabilities={capabilities}
				onClose={permission.close}
			/>
			{removed.what !== null && <CatalogueRemove opened={removed.opened} removed={removed.what} onClose={removed.close} />}
		</Page>
	);
}
