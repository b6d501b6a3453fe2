import { Button, Group, List, Skeleton, Stack, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useConfirmed } from "../../access/confirm.tsx";
import { answered, api } from "../../http/api.ts";
import { Modal } from "../../ui/dialog/modal.tsx";
import { Problem } from "../../ui/problem.tsx";
import { toaster } from "../../ui/toaster.tsx";
import { useAction } from "../../ui/use-action.ts";
import { capabilityUseLines, permissionUseLines } from "./catalogue.ts";
import { capabilityUseQuery, catalogueChanged, permissionUseQuery, usesChanged } from "./queries.ts";

export interface Removed {
	readonly kind: "permission" | "capability";
	readonly name: string;
}

interface RemoveProps {
	readonly removed: Removed;
	readonly onClose: () => void;
}

/** Deletes a permission or a capability, after showing where it is in use. */
export function CatalogueRemove({ opened, ...props }: RemoveProps & { opened: boolean }) {
	const { kind } = props.removed;
	return (
		<Modal
			name="delete"
			opened={opened}
			onClose={props.onClose}
			title={`Delete this ${kind}`}
			closeButtonProps={{ "aria-label": "Close without deleting" }}
		>
			{kind === "permission" ? <RemovePermission {...props} /> : <RemoveCapability {...props} />}
		</Modal>
	);
}

function RemovePermission({ removed, onClose }: RemoveProps) {
	const permission = removed.name;
	const { data, error } = useQuery(permissionUseQuery(permission));
	return (
		<Decide
			removed={removed}
			lines={data === undefined ? null : permissionUseLines(data)}
			in_use={data?.in_use ?? true}
			error={error}
			free="No key or rule uses it. Where your API asks for it, requests are refused from then on."
			held="It cannot be deleted while keys or rules hold it: their requests would be refused. Take it away from them first."
			onDelete={() => answered(api.DELETE("/api/v1/operator/permissions/{permission}", { params: { path: { permission } } }))}
			onClose={onClose}
		/>
	);
}

function RemoveCapability({ removed, onClose }: RemoveProps) {
	const capability = removed.name;
	const { data, error } = useQuery(capabilityUseQuery(capability));
	return (
		<Decide
			removed={removed}
			lines={data === undefined ? null : capabilityUseLines(data)}
			in_use={data?.in_use ?? true}
			error={error}
			free="No plan includes it, and no permission belongs to it."
			held="It cannot be deleted while it is named there: people would read its technical name. Take it out of them first, or describe it in other words."
			onDelete={() => answered(api.DELETE("/api/v1/operator/capabilities/{capability}", { params: { path: { capability } } }))}
			onClose={onClose}
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

function Decide({ removed, lines, in_use, error, free, held, onDelete, onClose }: DecideProps) {
	const action = useAction();
	const confirmed = useConfirmed();
	const queries = useQueryClient();
	async function remove(): Promise<void> {
		const done = await action.run(async () => {
			await confirmed(onDelete);
			return true;
		});
		if (!done) return usesChanged(queries);
		catalogueChanged(queries);
		toaster.done(`The ${removed.kind} ${removed.name} is deleted.`);
		onClose();
	}
	return (
		<Stack gap="md">
			<Text className="kw-mono kw-wrap">{removed.name}</Text>
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
			<Problem error={action.error ?? error} />
			<Group justify="flex-end" gap={8}>
				<Button variant="default" onClick={onClose}>
					Keep this {removed.kind}
				</Button>
				<Button color="red" loading={action.pending} disabled={in_use} onClick={() => void remove()}>
					Delete this {removed.kind}
				</Button>
			</Group>
		</Stack>
	);
}
