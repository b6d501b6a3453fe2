import { Anchor, Box, Group, Skeleton, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { type ColumnDef, createColumnHelper } from "@tanstack/react-table";
import { Sparkline } from "../../ui/sparkline.tsx";
import { Time } from "../../ui/time.tsx";
import { DueText } from "../due-badge.tsx";
import type { Sort } from "../list-filters.ts";
import type { ApiKey, KeyHour } from "../queries.ts";
import { ENVIRONMENT_WORDS, getDates, lastFour, type Reason } from "../words.ts";
import { Attention } from "./attention.tsx";
import { type Allowed, ListMenu } from "./menu.tsx";

export interface Row {
	readonly key: ApiKey;
	/** Undefined while loading. */
	readonly hours: readonly KeyHour[] | undefined;
}

/** Heading, width (undefined: the remaining space) and sort field of a column. */
export interface ColumnHead {
	readonly label: string;
	readonly sort: Sort | null;
	readonly width_px: number | undefined;
	readonly align?: "right";
}

const helper = createColumnHelper<Row>();
const count = new Intl.NumberFormat("en");
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
/** From here on a number is shortened, so that the day beside it keeps its width. */
const LONG_COUNT = 100_000;

/** The name as a link to the key, with environment and integration below; one line each, whole in the title. */
export function KeyName({ tenant_id, apiKey }: { tenant_id: string; apiKey: ApiKey }) {
	const below = `${apiKey.canary ? "Canary key · " : ""}${ENVIRONMENT_WORDS[apiKey.environment].name}${apiKey.integration === null ? "" : ` · ${apiKey.integration}`}`;
	return (
		<Box miw={0} flex={1}>
			<Anchor
				fw={600}
				size="sm"
				c="inherit"
				truncate
				display="block"
				dir="auto"
				ta="left"
				title={apiKey.name}
				renderRoot={(props) => <Link to="/settings/api-access/$key_id" params={{ key_id: apiKey.id }} search={{ tenant: tenant_id }} {...props} />}
			>
				{apiKey.name}
			</Anchor>
			<Text size="xs" c="dimmed" truncate title={below}>
				{below}
			</Text>
		</Box>
	);
}

export function Activity({ hours }: { hours: readonly KeyHour[] | undefined }) {
	return (
		<Box flex="none" lh={0}>
			{hours === undefined ? <Skeleton width={64} height={20} /> : <Sparkline hours={hours} />}
		</Box>
	);
}

export function getColumns(tenant_id: string, may: Allowed, onRevoke: (key: ApiKey, reason?: Reason) => void): ColumnDef<Row>[] {
	const column = (id: string, head: ColumnHead, cell: (row: Row) => React.ReactNode) =>
		helper.display({ id, meta: head, cell: ({ row }) => cell(row.original) });
	return [
		column("name", { label: "Name", sort: "name", width_px: undefined }, ({ key }) => <KeyName tenant_id={tenant_id} apiKey={key} />),
		column("last4", { label: "Key", sort: null, width_px: 66 }, ({ key }) => (
			<Text span c="dimmed" className="kw-mono">
				{lastFour(key.secrets) ?? "–"}
			</Text>
		)),
		column("owner", { label: "Responsible", sort: null, width_px: 96 }, ({ key }) => (
			<Text size="sm" truncate title={key.owner.name} dir="auto" ta="left">
				{key.owner.name}
			</Text>
		)),
		column("attention", { label: "Status", sort: "status", width_px: 160 }, ({ key, hours }) => <Attention apiKey={key} hours={hours} />),
		column("activity", { label: "24 hours", sort: null, width_px: 132, align: "right" }, ({ key, hours }) => (
			<Group gap={8} wrap="nowrap" justify="flex-end">
				<Text span size="sm" className="kw-figures" title={count.format(key.usage_24h)}>
					{(key.usage_24h < LONG_COUNT ? count : compact).format(key.usage_24h)}
				</Text>
				<Activity hours={hours} />
			</Group>
		)),
		column("used", { label: "Last used", sort: "last_used", width_px: 88 }, ({ key }) => (
			<Text span size="sm" c="dimmed">
				<Time short value={key.canary_used_at ?? key.last_used_at} never="not yet" />
			</Text>
		)),
		column("expires", { label: "Ends", sort: "expires", width_px: 96 }, ({ key }) => (
			<DueText dated kind="expiry" value={getDates(key).expires_at} never="never" />
		)),
		column("rotation", { label: "Replace by", sort: "rotation_due", width_px: 112 }, ({ key }) => (
			<DueText kind="replacement" value={getDates(key).rotation_due_at} never="no date" />
		)),
		column("menu", { label: "", sort: null, width_px: 44 }, ({ key }) => (
			<ListMenu tenant_id={tenant_id} apiKey={key} may={may} onRevoke={onRevoke} />
		)),
	];
}
