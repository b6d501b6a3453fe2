import { Alert, Button, Group, List, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconAlertTriangle, IconCheck } from "@tabler/icons-react";
import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { answered, api } from "../../http/api.ts";
import { cacheRoots } from "../../http/cache-roots.ts";
import { formatReplay, listRefused, type Narrowing } from "./replay-words.ts";

const PATH = "/api/v1/tenants/{tenant_id}/api-keys/{key_id}/narrowing";
const TYPED_MS = 300;

interface Of {
	readonly tenant_id: string;
	readonly key_id: string;
}

const suggestionQuery = ({ tenant_id, key_id }: Of) =>
	queryOptions({
		queryKey: [...cacheRoots.key(tenant_id, key_id), "narrowing"],
		queryFn: () => answered(api.GET(PATH, { params: { path: { tenant_id, key_id } } })),
	});

const replayQuery = ({ tenant_id, key_id }: Of, body: Narrowing) =>
	queryOptions({
		queryKey: [...cacheRoots.key(tenant_id, key_id), "narrowing", body],
		queryFn: () => answered(api.POST(PATH, { params: { path: { tenant_id, key_id } }, body })),
		placeholderData: keepPreviousData,
	});

interface PreviewProps {
	readonly of: Of;
	/** What was changed of permissions, sites and addresses. */
	readonly narrowing: Narrowing;
}

/** What the requests of the last 30 days would have met, if the key had been as it is in the form. */
export function NarrowingPreview({ of, narrowing }: PreviewProps) {
	const asked = JSON.stringify(narrowing);
	const [latest] = useDebouncedValue(asked, TYPED_MS);
	const changed = asked !== "{}";
	const { data, error, isPlaceholderData } = useQuery({ ...replayQuery(of, JSON.parse(latest) as Narrowing), enabled: changed && latest !== "{}" });
	if (!changed) return null;
	const current = !isPlaceholderData && latest === asked ? data : undefined;
	if (current === undefined)
		return (
			<Text size="sm" c="dimmed" role="status" data-narrowing-preview>
				{error === null ? "Comparing with the last 30 days …" : "This could not be compared with the last 30 days."}
			</Text>
		);
	const refuses = current.would_refuse_at_most > 0;
	const Icon = refuses ? IconAlertTriangle : IconCheck;
	const lines = listRefused(current);
	return (
		<Alert
			role="status"
			variant="light"
			color={refuses ? "yellow" : "teal"}
			icon={<Icon size={18} aria-hidden="true" />}
			title={formatReplay(current)}
			data-narrowing-preview
		>
			{lines.length > 0 && (
				<List size="sm" className="kw-wrap">
					{lines.map((line) => (
						<List.Item key={line}>{line}</List.Item>
					))}
				</List>
			)}
		</Alert>
	);
}

interface SuggestionProps {
	readonly of: Of;
	/** Whether the sheet was opened to narrow the key: what it did not need is taken away at once. */
	readonly at_once: boolean;
	readonly onNarrow: (narrowing: Pick<Narrowing, "permissions" | "site_ids">) => void;
	/** The networks that it was used from, unless they are filled in. */
	readonly onNetworks: ((networks: readonly string[]) => void) | null;
}

/** Takes away what no request needed, and fills in where they came from. */
export function NarrowingSuggestion({ of, at_once, onNarrow, onNetworks }: SuggestionProps) {
	const { data } = useQuery(suggestionQuery(of));
	const done = useRef(!at_once);
	const { permissions = null, site_ids = null, networks = null } = data ?? {};
	const narrower = { ...(permissions === null ? {} : { permissions }), ...(site_ids === null ? {} : { site_ids }) };
	useEffect(() => {
		if (data === undefined || done.current) return;
		done.current = true;
		onNarrow(narrower);
	});
	const can_narrow = permissions !== null || site_ids !== null;
	if (!can_narrow && (networks === null || onNetworks === null)) return null;
	return (
		<Group gap={8} data-narrowing-suggestion>
			{can_narrow && (
				<Button variant="default" size="compact-sm" onClick={() => onNarrow(narrower)}>
					Keep only what it used in 30 days
				</Button>
			)}
			{networks !== null && onNetworks !== null && (
				<Button variant="default" size="compact-sm" onClick={() => onNetworks(networks)}>
					Fill in the {networks.length === 1 ? "network" : `${networks.length} networks`} of its clients
				</Button>
			)}
		</Group>
	);
}
