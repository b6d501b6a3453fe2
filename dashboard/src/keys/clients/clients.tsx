import "./clients.css";
import { ActionIcon, Box, Button, Group, Stack, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { RowsSkeleton } from "../../ui/page-skeleton.tsx";
import { Problem } from "../../ui/problem.tsx";
import { formatRequests } from "../../usage/ranges.ts";
import { type ApiKey, type Source, sourcesQuery } from "../queries.ts";
import { CLIENT_SORTS, type ClientView, inOrder, isFoundBy, isShown, SHOWN } from "./found.ts";
import { Rings } from "./rings.tsx";
import { ClientCard } from "./row.tsx";
import { ClientTable } from "./table.tsx";
import { ClientTools } from "./tools.tsx";

const ROWS_MAX = 25;
const CARDS_MAX = 10;
const SKELETON_ROWS = 8;
const NARROW = "(max-width: 48em)";

interface ClientsProps {
	readonly tenant_id: string;
	readonly apiKey: ApiKey;
}

function useView(tenant_id: string, key_id: string): [ClientView, (next: Partial<ClientView>) => void] {
	const { find, show, by } = useSearch({ strict: false });
	const navigate = useNavigate();
	const view: ClientView = {
		find: find ?? "",
		show: SHOWN.find((known) => known === show) ?? null,
		by: CLIENT_SORTS.find((known) => known === by) ?? "requests",
	};
	function change(next: Partial<ClientView>): void {
		const now = { ...view, ...next };
		const search = {
			...(now.find.trim() === "" ? {} : { find: now.find }),
			...(now.show === null ? {} : { show: now.show }),
			...(now.by === "requests" ? {} : { by: now.by }),
		};
		void navigate({
			to: "/settings/api-access/$key_id/$tab",
			params: { key_id, tab: "clients" },
			search: { tenant: tenant_id, ...search },
			replace: true,
			resetScroll: false,
		});
	}
	return [view, change];
}

/** The clients that use the key: which they are, how much each of them asks, and whether it is distinguished from others. */
export function KeyClients({ tenant_id, apiKey }: ClientsProps) {
	const { data, error } = useQuery(sourcesQuery(tenant_id, apiKey.id));
	if (data === undefined) {
		if (error !== null) return <Problem error={error} />;
		return (
			<Box className="kw-surface" mt={48}>
				<RowsSkeleton rows={SKELETON_ROWS} what="Loading clients" />
			</Box>
		);
	}
	if (data.data.length === 0) {
		return (
			<Box className="kw-surface" p={16}>
				<Text size="sm" fw={500}>
					No client yet
				</Text>
				<Text size="sm" c="dimmed">
					The first request shows here which network it came from and what kind of program made it.
				</Text>
			</Box>
		);
	}
	return <Clients tenant_id={tenant_id} apiKey={apiKey} sources={data.data} />;
}

function Clients({ sources, ...props }: ClientsProps & { sources: readonly Source[] }) {
	const [view, setView] = useView(props.tenant_id, props.apiKey.id);
	const narrow = useMediaQuery(NARROW, false, { getInitialValueInEffect: false });
	const rows_max = narrow ? CARDS_MAX : ROWS_MAX;
	const of = JSON.stringify(view);
	const [at, setAt] = useState({ of, page: 0 });
	const found = inOrder(
		sources.filter((source) => (view.show === null || isShown(source, view.show, props.apiKey)) && isFoundBy(source, view.find)),
		view.by,
	);
	const page = at.of === of ? Math.min(at.page, Math.max(0, Math.ceil(found.length / rows_max) - 1)) : 0;
	const rows = found.slice(page * rows_max, (page + 1) * rows_max);
	const total = sources.reduce((sum, { requests }) => sum + requests, 0);
	const table = { ...props, rows, total };
	return (
		<Stack gap={12}>
			<ClientTools view={view} onView={setView} sources={sources} apiKey={props.apiKey} />
			<Box className="kw-surface" role="region" aria-label="Clients">
				{rows.length > 0 && narrow && (
					<Box component="ul" m={0} p={0} style={{ listStyle: "none" }}>
						{rows.map((source) => (
							<ClientCard key={source.id} {...props} source={source} total={total} />
						))}
					</Box>
				)}
				{rows.length > 0 && !narrow && <ClientTable {...table} view={view} onView={setView} />}
				{rows.length === 0 && (
					<Group px={16} h={44} gap={12}>
						<Text size="sm">No client matches.</Text>
						<Button variant="transparent" size="compact-sm" px={0} onClick={() => setView({ find: "", show: null })}>
							Show all {sources.length}
						</Button>
					</Group>
				)}
				<Foot page={page} rows_max={rows_max} found={found.length} total={total} onPage={(next) => setAt({ of, page: next })} />
			</Box>
			{sources.some(({ told_apart }) => !told_apart) && <AboutRings />}
		</Stack>
	);
}

interface FootProps {
	readonly page: number;
	readonly rows_max: number;
	/** How many clients match. */
	readonly found: number;
	/** Requests of all clients. */
	readonly total: number;
	readonly onPage: (page: number) => void;
}

function Foot({ page, rows_max, found, total, onPage }: FootProps) {
	const first = page * rows_max + 1;
	const last = Math.min(found, (page + 1) * rows_max);
	return (
		<Group justify="space-between" px={16} mih={44} className="kw-foot">
			<Text size="sm" c="dimmed" className="kw-figures" role="status">
				{found === 0 ? "0" : `${first}–${last} of ${found}`} {found === 1 ? "client" : "clients"} · {formatRequests(total)} since each was first seen
			</Text>
			{found > rows_max && (
				<Group gap={8}>
					<ActionIcon variant="default" size={28} aria-label="Previous page" disabled={page === 0} onClick={() => onPage(page - 1)}>
						<IconChevronLeft size={16} aria-hidden="true" />
					</ActionIcon>
					<ActionIcon variant="default" size={28} aria-label="Next page" disabled={last >= found} onClick={() => onPage(page + 1)}>
						<IconChevronRight size={16} aria-hidden="true" />
					</ActionIcon>
				</Group>
			)}
		</Group>
	);
}

function AboutRings() {
	return (
		<Text size="xs" c="dimmed">
			<Text span inherit c="var(--kw-attention)">
				<Rings />
			</Text>{" "}
			<Text span inherit fw={600} c="var(--mantine-color-text)">
				Not distinguished:
			</Text>{" "}
			several programs may look like this one. Send the header <span className="kw-mono">X-Keywright-Client</span> with a name for each, and they
			become clients of their own.
		</Text>
	);
}
