import { Table, UnstyledButton } from "@mantine/core";
import type { ApiKey, Source } from "../queries.ts";
import type { ClientSort, ClientView } from "./found.ts";
import { ClientRow } from "./row.tsx";

const TABLE_WIDTH_PX = 900;
const HEADS: readonly { label: string; by: ClientSort | null; width_px?: number; right?: true }[] = [
	{ label: "Client", by: "name" },
	{ label: "Share of traffic", by: "requests", width_px: 216 },
	{ label: "Requests", by: null, width_px: 88, right: true },
	{ label: "Refused", by: "refused", width_px: 84, right: true },
	{ label: "Key used", by: null, width_px: 128 },
	{ label: "Evidence", by: null, width_px: 148 },
	{ label: "Last seen", by: "seen", width_px: 118, right: true },
];

interface TableProps {
	readonly tenant_id: string;
	readonly apiKey: ApiKey;
	readonly rows: readonly Source[];
	/** Requests of all clients. */
	readonly total: number;
	readonly view: ClientView;
	readonly onView: (next: Partial<ClientView>) => void;
}

/** One page of a key's clients in rows of one height. */
export function ClientTable({ rows, view, onView, ...props }: TableProps) {
	return (
		<Table.ScrollContainer minWidth={TABLE_WIDTH_PX} type="native">
			<Table className="kw-list" data-inset horizontalSpacing={8} verticalSpacing={0} highlightOnHover aria-label="Clients">
				<Table.Thead>
					<Table.Tr>
						{HEADS.map(({ label, by, width_px, right }) => (
							<Table.Th
								key={label}
								ta={right ? "right" : "left"}
								{...(width_px === undefined ? {} : { w: width_px })}
								{...(by === null ? {} : { "aria-sort": view.by !== by ? "none" : by === "name" ? "ascending" : "descending" })}
							>
								{by === null ? (
									label
								) : (
									<UnstyledButton
										fz="inherit"
										fw={view.by === by ? 600 : "inherit"}
										c={view.by === by ? "var(--mantine-color-text)" : "inherit"}
										onClick={() => onView({ by })}
									>
										{label}
										{view.by === by && <span aria-hidden="true">{by === "name" ? " ↑" : " ↓"}</span>}
									</UnstyledButton>
								)}
							</Table.Th>
						))}
					</Table.Tr>
				</Table.Thead>
				<Table.Tbody>
					{rows.map((source) => (
						<ClientRow key={source.id} {...props} source={source} />
					))}
				</Table.Tbody>
			</Table>
		</Table.ScrollContainer>
	);
}
