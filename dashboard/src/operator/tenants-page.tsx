import { Anchor, Box, Button, Group, Table, Text } from "@mantine/core";
import { infiniteQueryOptions, useSuspenseInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { answered, api } from "../http/api.ts";
import { Page } from "../ui/page.tsx";
import { StateBadge } from "../ui/state-badge.tsx";
import { Time } from "../ui/time.tsx";

const PAGE_ROWS = 50;

const tenantsQuery = infiniteQueryOptions({
	queryKey: ["operator", "tenants"],
	initialPageParam: "",
	queryFn: ({ pageParam }) =>
		answered(api.GET("/api/v1/operator/tenants", { params: { query: { limit: PAGE_ROWS, ...(pageParam === "" ? {} : { cursor: pageParam }) } } })),
	getNextPageParam: (page) => page.next_cursor,
});

/** Every tenant, newest first. Each row opens the tenant's pages, where the person acts as the operator. */
export default function TenantsPage() {
	const { data, hasNextPage, fetchNextPage, isFetchingNextPage } = useSuspenseInfiniteQuery(tenantsQuery);
	const tenants = data.pages.flatMap((page) => page.data);
	return (
		<Page
			title="Tenants"
			lead="The customers of your product. Open one to see its keys as its people do; what you do there is written down under your name."
		>
			{tenants.length === 0 ? (
				<Box className="kw-surface" p="xl">
					<Text>No tenant yet. Your own back end creates one for each new customer, with the operator token.</Text>
				</Box>
			) : (
				<Box className="kw-surface">
					<Table verticalSpacing="sm" horizontalSpacing="md" highlightOnHover aria-label="Tenants">
						<Table.Thead>
							<Table.Tr>
								<Table.Th>Tenant</Table.Th>
								<Table.Th>Plan</Table.Th>
								<Table.Th>State</Table.Th>
								<Table.Th visibleFrom="sm">Since</Table.Th>
							</Table.Tr>
						</Table.Thead>
						<Table.Tbody>
							{tenants.map(({ id, name, plan_id, status, created_at }) => (
								<Table.Tr key={id} data-tenant={id}>
									<Table.Th scope="row" fw={400}>
										<Anchor
											fw={500}
											className="kw-wrap"
											renderRoot={(props) => <Link to="/settings/api-access" search={{ tenant: id }} {...props} />}
										>
											{name}
										</Anchor>
										<Text className="kw-mono kw-wrap" c="dimmed">
											{id}
										</Text>
									</Table.Th>
									<Table.Td className="kw-wrap">{plan_id}</Table.Td>
									<Table.Td>
										{status === "active" ? <StateBadge meaning="good">Active</StateBadge> : <StateBadge meaning="resting">Suspended</StateBadge>}
									</Table.Td>
									<Table.Td visibleFrom="sm">
										<Time value={created_at} />
									</Table.Td>
								</Table.Tr>
							))}
						</Table.Tbody>
					</Table>
				</Box>
			)}
			{hasNextPage && (
				<Group justify="center">
					<Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
						Show more tenants
					</Button>
				</Group>
			)}
		</Page>
	);
}
