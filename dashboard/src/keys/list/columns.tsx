import { Anchor, Box, Skeleton, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { type ColumnDef, createColumnHelper } from "@tanstack/react-table";
import { Sparkline } from "../../ui/sparkline.tsx";
import { StateBadge } from "../../ui/state-badge.tsx";
import { Time } from "../../ui/time.tsx";
import { isStillPresented } from "../dead-words.ts";
import { DueTime } from "../due-badge.tsx";
import type { Sort } from "../list-filters.ts";
import type { ApiKey, KeyHour } from "../queries.ts";
import { ENVIRONMENT_WORDS, getDates, getState, lastFour } from "../words.ts";
import { type Allowed, ListMenu } from "./menu.tsx";

export interface Row {
	readonly key: ApiKey;
	/** Undefined while loading. */
	readonly hours: readonly KeyHour[] | undefined;
}

const helper = createColumnHelper<Row>();

function head(label: string, sort: Sort | null = null) {
	return { label, sort };
}

/** The name as a link to the key, with environment and integration below. */
export function KeyName({ tenant_id, apiKey }: { tenant_id: string; apiKey: ApiKey }) {
	return (
		<Box miw={140} maw={260}>
			<Anchor
				fw={600}
				c="inherit"
				className="kw-wrap"
				renderRoot={(props) => <Link to="/settings/api-access/$key_id" params={{ key_id: apiKey.id }} search={{ tenant: tenant_id }} {...props} />}
			>
				{apiKey.name}
			</Anchor>
			<Text size="xs" c="dimmed" className="kw-wrap">
				{ENVIRONMENT_WORDS[apiKey.environment].name}
				{apiKey.integration === null ? "" : ` · ${apiKey.integration}`}
			</Text>
		</Box>
	);
}

/** The state of a key, and below it whether an ended key is still presented. */
export function KeyState({ row: { key, hours } }: { row: Row }) {
	const { meaning, word } = getState(key, Date.now());
	return (
		<Box>
			<StateBadge meaning={meaning}>{word}</StateBadge>
			{isStillPresented(key, hours ?? []) && (
				<Text size="xs" c="var(--kw-ended)" mt={4} style={{ whiteSpace: "nowrap" }}>
					Still presented
				</Text>
			)}
		</Box>
	);
}

export function Activity({ hours }: { hours: readonly KeyHour[] | undefined }) {
	return hours === undefined ? <Skeleton width={95} height={24} /> : <Sparkline hours={hours} />;
}

export function getColumns(tenant_id: string, may: Allowed, onRevoke: (key: ApiKey) => void): ColumnDef<Row>[] {
	return [
		helper.display({ id: "name", meta: head("Name", "name"), cell: ({ row }) => <KeyName tenant_id={tenant_id} apiKey={row.original.key} /> }),
		helper.display({
			id: "owner",
			meta: head("Responsible"),
			cell: ({ row }) => (
				<Text size="sm" className="kw-wrap" maw={120}>
					{row.original.key.owner.name}
				</Text>
			),
		}),
		helper.display({
			id: "last4",
			meta: head("Key"),
			cell: ({ row }) => (
				<Text span c="dimmed" className="kw-mono" style={{ whiteSpace: "nowrap" }}>
					{lastFour(row.original.key.secrets) ?? "–"}
				</Text>
			),
		}),
		helper.display({ id: "status", meta: head("Status"), cell: ({ row }) => <KeyState row={row.original} /> }),
		helper.display({
			id: "used",
			meta: head("Last used", "last_used"),
			cell: ({ row }) => <Small value={row.original.key.last_used_at} never="not yet" />,
		}),
		helper.display({ id: "activity", meta: head("24 hours"), cell: ({ row }) => <Activity hours={row.original.hours} /> }),
		helper.display({
			id: "expires",
			meta: head("Expires", "expires"),
			cell: ({ row }) => (
				<Text span size="sm">
					<DueTime kind="expiry" value={getDates(row.original.key).expires_at} never="never" />
				</Text>
			),
		}),
		helper.display({
			id: "rotation",
			meta: head("Replace by", "rotation_due"),
			cell: ({ row }) => (
				<Text span size="sm">
					<DueTime kind="replacement" value={getDates(row.original.key).rotation_due_at} never="no date" />
				</Text>
			),
		}),
		helper.display({
			id: "menu",
			meta: head(""),
			cell: ({ row }) => <ListMenu tenant_id={tenant_id} apiKey={row.original.key} may={may} onRevoke={onRevoke} />,
		}),
	];
}

function Small({ value, never }: { value: string | null; never: string }) {
	return (
		<Text span size="sm">
			<Time value={value} never={never} />
		</Text>
	);
}
