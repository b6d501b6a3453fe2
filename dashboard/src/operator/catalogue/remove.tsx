import { List, Skeleton, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { answered, api } from "../../http/api.ts";
import { RemoveDialog } from "../remove-dialog.tsx";
import { capabilityUseLines, permissionUseLines } from "./catalogue.ts";
import { capabilityUseQuery, catalogueChanged, permissionUseQuery, usesChanged } from "./queries.ts";

export interface Removed {
	readonly kind: "permission" | "capability";
	readonly name: string;
}

interface RemoveProps {
	readonly removed: Removed;
	readonly opened: boolean;
	readonly onClose: () => void;
}

/** Deletes a permission or a capability, after showing where it is in use. */
export function CatalogueRemove(props: RemoveProps) {
	return props.removed.kind === "permission" ? <RemovePermission {...props} /> : <RemoveCapability {...props} />;
}

function RemovePermission({ removed, ...dialog }: RemoveProps) {
	const permission = removed.name;
	const { data, error } = useQuery({ ...permissionUseQuery(permission), enabled: dialog.opened });
	return (
		<Decide
			{...dialog}
			removed={removed}
			lines={data === undefined ? null : permissionUseLines(data)}
			in_use={data?.in_use ?? true}
			error={error}
			free="No key or rule uses it. Where your API asks for it, requests are refused from then on."
			held="It cannot be deleted while keys or rules hold it: their requests would be refused. Take it away from them first."
			onDelete={() => answered(api.DELETE("/api/v1/operator/permissions/{permission}", { params: { path: { permission } } }))}
		/>
	);
}

function RemoveCapability({ removed, ...dialog }: RemoveProps) {
	const capability = removed.name;
	const { data, error } = useQuery({ ...capabilityUseQuery(capability), enabled: dialog.opened });
	return (
		<Decide
			{...dialog}
			removed={removed}
			lines={data === undefined ? null : capabilityUseLines(data)}
			in_use={data?.in_use ?? true}
			error={error}
			free="No plan includes it, and no permission belongs to it."
			held="It cannot be deleted while it is named there: people would read its technical name. Take it out of them first, or describe it in other words."
			onDelete={() => answered(api.DELETE("/api/v1/operator/capabilities/{capability}", { params: { path: { capability } } }))}
		/>
	);
}

interface DecideProps extends RemoveProps {
	/** Null while loading. */
	readonly lines: readonly string[] | null;
	readonly in_use: boolean;
	readonly error: unknown;
	readonly free: string;
	readonly held: string;
	readonly onDelete: () => Promise<unknown>;
}

function Decide({ removed, lines, in_use, error, free, held, onDelete, opened, onClose }: DecideProps) {
	const { kind, name } = removed;
	const queries = useQueryClient();
	return (
		<RemoveDialog
			name="delete"
			opened={opened}
			onClose={onClose}
			title={`Delete this ${kind}`}
			closing="Close without deleting"
			keep={`Keep this ${kind}`}
			remove={`Delete this ${kind}`}
			disabled={in_use}
			error={error}
			request={onDelete}
			onTried={(deleted) => (deleted ? catalogueChanged(queries) : usesChanged(queries))}
			done={`The ${kind} ${name} is deleted.`}
		>
			<Text className="kw-mono kw-wrap">{name}</Text>
			{lines === null && error === null && <Skeleton h={44} aria-busy="true" />}
			{lines !== null && (
				<>
					{lines.length > 0 && (
						<List size="sm" spacing={4} data-uses>
							{lines.map((line) => (
								<List.Item key={line} className="kw-wrap">
									{line}
								</List.Item>
							))}
						</List>
					)}
					<Text size="sm">{in_use ? held : free}</Text>
				</>
			)}
		</RemoveDialog>
	);
}
