import { Button, Group, Text, TextInput } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { DialogName } from "../../ui/dialog/names.ts";
import { useDialog, useKept } from "../../ui/dialog/use-dialog.ts";
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

/** The dialog that adds a thing, or edits the one that the address names; `what` is kept while it closes. */
function useEditing<What extends { readonly name: string }>(dialog: DialogName, all: readonly What[]) {
	const { opened, of, open, close } = useDialog(dialog);
	const asked = all.find(({ name }) => name === of) ?? null;
	const [shown, setShown] = useState<What | null>(null);
	if (opened && asked !== shown) setShown(asked);
	return { what: opened ? asked : shown, opened: opened && (of === null || asked !== null), open: (what: What | null) => open(what?.name), close };
}

/** The address names the kind and the thing: "permission orders:write". */
function useRemoval(capabilities: readonly CatalogueCapability[], permissions: readonly CataloguePermission[]) {
	const { of, open, close } = useDialog("delete");
	const [kind, name] = of?.split(" ") ?? [];
	const all = kind === "capability" ? capabilities : permissions;
	const is_there = (kind === "capability" || kind === "permission") && all.some((one) => one.name === name);
	const key = is_there ? of : null;
	const kept = useKept(key);
	const [kept_kind, kept_name = ""] = kept?.split(" ") ?? [];
	const what: Removed | null = kept === null ? null : { kind: kept_kind === "capability" ? "capability" : "permission", name: kept_name };
	return { what, opened: key !== null, open: (removed: Removed) => open(`${removed.kind} ${removed.name}`), close };
}

/** The operator's own capabilities and permissions, and the built-in ones. */
export default function CataloguePage() {
	const { data } = useSuspenseQuery(catalogueQuery);
	const capability = useEditing("capability", data.capabilities);
	const permission = useEditing("permission", data.permissions);
	const removed = useRemoval(data.capabilities, data.permissions);
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
