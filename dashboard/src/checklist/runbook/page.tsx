import { Anchor, Button, List, Skeleton, Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useProfile, useTenant } from "../../access/session.ts";
import { readAllPages } from "../../http/all-pages.ts";
import { answered, api } from "../../http/api.ts";
import { cacheRoots } from "../../http/cache-roots.ts";
import { membersQuery } from "../../tenants/team-queries.ts";
import { Page, Section } from "../../ui/page.tsx";
import { Problem } from "../../ui/problem.tsx";
import { exactTime, formatDate } from "../../ui/time-words.ts";
import { rehearsalsQuery } from "../queries.ts";

const LOADING_PX = 400;
const ENVIRONMENTS = { prod: "Production", staging: "Staging", dev: "Development" } as const;

/** Every active key, to be printed. */
function useKeys(tenant_id: string) {
	return useQuery({
		queryKey: [...cacheRoots.keys(tenant_id), "runbook"],
		queryFn: () =>
			readAllPages((page) =>
				answered(api.GET("/api/v1/tenants/{tenant_id}/api-keys", { params: { path: { tenant_id }, query: { ...page, status: "active" } } })),
			),
	});
}

/** How a key is revoked here, from what is so at this moment: to be printed and kept where it is found without this page. */
export default function RunbookPage() {
	const tenant = useTenant();
	const profile = useProfile();
	const { data: keys, error } = useKeys(tenant.id);
	const { data: members } = useQuery(membersQuery(tenant.id));
	const { data: rehearsals } = useQuery(rehearsalsQuery(tenant.id));
	const made_at = new Date(Date.now()).toISOString();
	const confirmed = rehearsals?.find(({ confirmed_at }) => confirmed_at !== null);
	const may_revoke = (members?.data ?? []).filter(({ role }) => role !== "viewer");
	const listed = (keys ?? [])
		.filter(({ canary }) => !canary)
		.sort((a, b) => a.environment.localeCompare(b.environment) || a.name.localeCompare(b.name));
	return (
		<Page
			title="Revoking a key"
			lead={
				<>
					Runbook of <bdi>{tenant.name}</bdi>, as of {exactTime(made_at)}. It says what is so now; print it again when keys or people change.
				</>
			}
			back={
				<Anchor size="sm" className="kw-never-printed" renderRoot={(props) => <Link to="/checklist" search={{ tenant: tenant.id }} {...props} />}>
					Checklist
				</Anchor>
			}
			action={
				<Button className="kw-never-printed" onClick={() => window.print()}>
					Print
				</Button>
			}
		>
			<Section title="When">
				<List size="sm">
					<List.Item>The integration that used the key is no longer used.</List.Item>
					<List.Item>The key was sent to a place or a person that it was not meant for.</List.Item>
					<List.Item>You suspect that others can read it.</List.Item>
					<List.Item>Another team or company takes over what used it.</List.Item>
				</List>
			</Section>
			<Section title="How">
				<List size="sm" type="ordered">
					<List.Item>Open API Access at {window.location.origin} and search for the name of the key, or for its last four characters.</List.Item>
					<List.Item>Look at what used it in the last hour: that stops at once. If it must go on, replace the key first.</List.Item>
					<List.Item>Choose “Revoke for good” and a reason. When the page says that it is revoked, no node accepts the key any more.</List.Item>
					<List.Item>Take the key out of every place where it is stored.</List.Item>
					<List.Item>Watch Alerts: a revoked key that is still presented raises one, with where it came from.</List.Item>
				</List>
			</Section>
			<Section title="Who may do it">
				{may_revoke.length === 0 ? (
					<Text size="sm">No member of this team; the operator of {profile?.product_name ?? "this API"} does.</Text>
				) : (
					<List size="sm">
						{may_revoke.map(({ id, name, role, email }) => (
							<List.Item key={id} className="kw-wrap">
								<bdi>{name}</bdi> ({role}
								{email === null ? "" : `, ${email}`})
							</List.Item>
						))}
					</List>
				)}
			</Section>
			<Section title="Last rehearsed">
				<Text size="sm">
					{confirmed === undefined
						? "No rehearsal was confirmed yet."
						: `${exactTime(confirmed.started_at)}: every node had confirmed after ${confirmed.acknowledged_ms} ms. Confirmed by ${confirmed.confirmed_by?.name}.`}
				</Text>
			</Section>
			<Section title={`Keys${keys === undefined ? "" : ` (${listed.length})`}`}>
				<Problem error={error} />
				{keys === undefined && error === null && <Skeleton height={LOADING_PX} role="status" aria-busy="true" aria-label="Loading" />}
				{keys !== undefined && listed.length === 0 && <Text size="sm">There is no active key.</Text>}
				{listed.length > 0 && (
					<Stack style={{ overflowX: "auto" }} tabIndex={0} role="group" aria-label="Keys">
						<Table className="kw-runbook-table" fz="xs">
							<Table.Thead>
								<Table.Tr>
									<Table.Th>Key</Table.Th>
									<Table.Th>Environment</Table.Th>
									<Table.Th>Ends with</Table.Th>
									<Table.Th>Responsible</Table.Th>
									<Table.Th>Last used</Table.Th>
								</Table.Tr>
							</Table.Thead>
							<Table.Tbody>
								{listed.map(({ id, name, environment, secrets, owner, last_used_at }) => (
									<Table.Tr key={id}>
										<Table.Td className="kw-wrap">
											<bdi>{name}</bdi>
										</Table.Td>
										<Table.Td>{ENVIRONMENTS[environment]}</Table.Td>
										<Table.Td ff="monospace">
											{secrets
												.filter(({ status }) => status !== "retired")
												.map(({ last4 }) => `…${last4}`)
												.join(" ")}
										</Table.Td>
										<Table.Td className="kw-wrap">
											<bdi>{owner.name}</bdi>
										</Table.Td>
										<Table.Td>{last_used_at === null ? "never" : formatDate(last_used_at, Date.now())}</Table.Td>
									</Table.Tr>
								))}
							</Table.Tbody>
						</Table>
					</Stack>
				)}
			</Section>
		</Page>
	);
}
