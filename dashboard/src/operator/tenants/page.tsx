import "./tenants.css";
import { Box, Button, Stack, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Problem } from "../../ui/problem.tsx";
import { CreateTenant } from "./create.tsx";
import { TenantPanel } from "./panel.tsx";
import { tenantsQuery } from "./queries.ts";
import { type TenantsSearch, tenantsSearchFrom } from "./search.ts";
import { TenantsTable } from "./table.tsx";
import { TenantsToolbar } from "./toolbar.tsx";

/** Every tenant with its figures; a row opens the panel with all actions on a tenant. */
export default function TenantsPage() {
	const [search, setSearch] = useTenantsSearch();
	const { data, error, isPlaceholderData } = useQuery(tenantsQuery(search));
	useDocumentTitle("Tenants");
	const open = search.open;
	const is_filtered = search.search !== undefined || search.plan !== undefined || search.status !== undefined;
	const without = ({ open: _open, dialog: _dialog, ...rest }: TenantsSearch): TenantsSearch => rest;
	return (
		<Box className="kw-tenants kw-with-panel" data-panel={open !== undefined}>
			<Stack className="kw-page" gap="sm">
				<Box>
					<Title order={1}>Tenants</Title>
					<Text c="dimmed">The customers of your product.</Text>
				</Box>
				<TenantsToolbar search={search} onSearch={setSearch} onCreate={() => setSearch({ ...without(search), dialog: "create" })} />
				<Problem error={error} known={data !== undefined} />
				{data?.total === 0 && !is_filtered ? (
					<Empty onCreate={() => setSearch({ dialog: "create" })} />
				) : (
					(error === null || data !== undefined) && <TenantsTable data={data} search={search} onSearch={setSearch} is_stale={isPlaceholderData} />
				)}
			</Stack>
			{open !== undefined && <TenantPanel key={open} tenant_id={open} dialog={search.dialog} search={search} onSearch={setSearch} />}
			<CreateTenant
				opened={search.dialog === "create"}
				onClose={() => setSearch(without(search))}
				onMade={(id) => setSearch({ ...without(search), open: id })}
			/>
		</Box>
	);
}

function Empty({ onCreate }: { onCreate: () => void }) {
	return (
		<Stack className="kw-surface" p="xl" align="flex-start" gap="xs">
			<Title order={2}>No tenant yet</Title>
			<Text c="dimmed" maw={560}>
				A tenant is one customer of yours: its keys, sites and people are kept apart from those of all others. Create the first one here; later your
				own back end can do it with the operator token.
			</Text>
			<Button mt="xs" onClick={onCreate}>
				Create the first tenant
			</Button>
		</Stack>
	);
}

/** The page's state in the address and its setter. Opening is a step of the history; closing, typing and sorting are not. */
function useTenantsSearch(): [TenantsSearch, (next: TenantsSearch) => void] {
	const search = tenantsSearchFrom(useSearch({ strict: false }));
	const navigate = useNavigate();
	function change(next: TenantsSearch): void {
		const opens = (name: "open" | "dialog") => next[name] !== undefined && next[name] !== search[name];
		const is_step = opens("open") || opens("dialog");
		void navigate({ to: "/operator/tenants", search: next, replace: !is_step, resetScroll: false });
	}
	return [search, change];
}
