import { Box, Button, Stack, Table, Text, Title } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { IconPlus } from "@tabler/icons-react";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Page } from "../../ui/page.tsx";
import { MEANINGS, type Meaning } from "../../ui/theme.ts";
import { Time } from "../../ui/time.tsx";
import { CreateService } from "./create.tsx";
import { type Service, servicesQuery } from "./queries.ts";
import { RevokeService } from "./revoke.tsx";
import { type ServicesSearch, servicesSearchFrom } from "./search.ts";

/** The credentials with which the operator's back ends verify keys. */
export default function ServicesPage() {
	const { data: services } = useSuspenseQuery(servicesQuery);
	const search = servicesSearchFrom(useSearch({ strict: false }));
	const navigate = useNavigate();
	const show = (next: ServicesSearch, replace = false) => void navigate({ to: "/operator/services", search: next, resetScroll: false, replace });
	const close = () => show({}, true);
	const create = () => show({ dialog: "create" });
	const revoking = services.find(({ id, revoked_at }) => id === search.of && revoked_at === null);
	useHotkeys([["c", create]]);
	const button = (
		<Button leftSection={<IconPlus size={16} aria-hidden="true" />} onClick={create}>
			Create a service
		</Button>
	);
	return (
		<Page
			title="Services"
			lead="Your own back ends that ask whether a key is good. Each has a credential of its own, so that one can be revoked alone."
			action={services.length > 0 ? button : undefined}
		>
			{services.length === 0 ? (
				<Stack className="kw-surface" p="xl" gap="xs" align="flex-start">
					<Title order={2}>No service yet</Title>
					<Text c="dimmed" maw={560}>
						A service is a program of yours that receives API requests and asks <span className="kw-mono">POST /api/v1/verify</span>, itself or by a
						guard. Create one for each program that does.
					</Text>
					<Box mt="xs">{button}</Box>
				</Stack>
			) : (
				<Box className="kw-surface">
					<ServicesTable services={services} onRevoke={(id) => show({ dialog: "revoke", of: id })} />
				</Box>
			)}
			<CreateService opened={search.dialog === "create"} onClose={close} />
			<RevokeService service={revoking ?? null} opened={search.dialog === "revoke" && revoking !== undefined} onClose={close} />
		</Page>
	);
}

function ServicesTable({ services, onRevoke }: { services: readonly Service[]; onRevoke: (id: string) => void }) {
	return (
		<Table className="kw-list" data-inset horizontalSpacing="md" verticalSpacing={0} aria-label="Services">
			<Table.Thead>
				<Table.Tr>
					<Table.Th>Service</Table.Th>
					<Table.Th w={{ base: 96, sm: 220 }}>State</Table.Th>
					<Table.Th w={170} visibleFrom="sm">
						Created
					</Table.Th>
					<Table.Th w={120} aria-label="Actions" />
				</Table.Tr>
			</Table.Thead>
			<Table.Tbody>
				{services.map(({ id, name, last4, created_at, revoked_at }) => (
					<Table.Tr key={id} data-service={id}>
						<Table.Th scope="row" fw={400}>
							<Text fz={13} lh="18px" fw={600} truncate title={name}>
								<bdi>{name}</bdi>
							</Text>
							<Text className="kw-mono" fz={12} lh="16px" c="dimmed" truncate>
								kws_…{last4}
							</Text>
						</Table.Th>
						<Table.Td c="dimmed">
							<ServiceState revoked_at={revoked_at} />
						</Table.Td>
						<Table.Td visibleFrom="sm" c="dimmed">
							<Time value={created_at} />
						</Table.Td>
						<Table.Td ta="right">
							{revoked_at === null && (
								<Button variant="default" size="xs" aria-label={`Revoke ${name}`} onClick={() => onRevoke(id)}>
									Revoke
								</Button>
							)}
						</Table.Td>
					</Table.Tr>
				))}
			</Table.Tbody>
		</Table>
	);
}

/** In a row a state is a shape and grey text; a phone shows no time of the revocation. */
function ServiceState({ revoked_at }: { revoked_at: string | null }) {
	const meaning: Meaning = revoked_at === null ? "good" : "ended";
	return (
		<>
			<span className="kw-shape" data-meaning={meaning} aria-hidden="true">
				{MEANINGS[meaning].shape}
			</span>{" "}
			<span>{revoked_at === null ? "Active" : "Revoked"}</span>
			{revoked_at !== null && (
				<Text span inherit visibleFrom="sm">
					{" "}
					<Time value={revoked_at} />
				</Text>
			)}
		</>
	);
}
