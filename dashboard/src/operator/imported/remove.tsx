import { Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { answered, api } from "../../http/api.ts";
import { RemoveDialog } from "../remove-dialog.tsx";
import { formatsQuery, type LegacyFormat } from "./queries.ts";

interface RemoveProps {
	readonly format: LegacyFormat;
	readonly opened: boolean;
	readonly onClose: () => void;
}

export function LegacyRemove({ format, opened, onClose }: RemoveProps) {
	const { name, keys } = format;
	const queries = useQueryClient();
	return (
		<RemoveDialog
			name="delete"
			opened={opened}
			onClose={onClose}
			title="Delete this format"
			closing="Close without deleting"
			keep="Keep this format"
			remove="Delete this format"
			disabled={keys > 0}
			request={() => answered(api.DELETE("/api/v1/operator/legacy-formats/{name}", { params: { path: { name } } }))}
			onTried={() => void queries.invalidateQueries({ queryKey: formatsQuery.queryKey })}
			done={`The format ${name} is deleted.`}
		>
			<Text size="sm" className="kw-wrap">
				{keys === 0
					? "Keys that look like this are then refused as wrong keys."
					: `${keys} imported keys may still be used under it. A format is deleted once they have been replaced or revoked.`}
			</Text>
		</RemoveDialog>
	);
}
