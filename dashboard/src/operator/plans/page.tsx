import { Box, Button, Stack, Text, Title } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { IconPlus } from "@tabler/icons-react";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Page } from "../../ui/page.tsx";
import { plansQuery, planUseQuery } from "./queries.ts";
import { RetirePlan } from "./retire.tsx";
import { type PlansSearch, plansSearchFrom } from "./search.ts";
import { PlanSheet } from "./sheet.tsx";
import { PlansTable } from "./table.tsx";

/** The plans, with their numbers of tenants and keys. A row opens the plan's sheet. */
export default function PlansPage() {
	const { data: plans } = useSuspenseQuery(plansQuery);
	const { data: use } = useQuery(planUseQuery);
	const search = plansSearchFrom(useSearch({ strict: false }));
	const navigate = useNavigate();
	const show = (next: PlansSearch) => void navigate({ to: "/operator/plans", search: next, resetScroll: false });
	const close = () => show({});
	const open = plans.find(({ id }) => id === search.open);
	const create = () => show({ dialog: "create" });
	useHotkeys([["c", create]]);
	return (
		<Page
			title="Plans"
			lead="What tenants may use, and how much. A change holds for all of a plan's tenants from the next request on."
			action={
				<Button leftSection={<IconPlus size={16} aria-hidden="true" />} onClick={create}>
					Create a plan
				</Button>
			}
		>
			{search.open !== undefined && open === undefined && <Text role="status">There is no plan with the id of this address any more.</Text>}
			{plans.length === 0 ? (
				<Stack className="kw-surface" p="xl" gap="xs" align="flex-start">
					<Title order={2}>No plan yet</Title>
					<Text c="dimmed" maw={560}>
						A plan says which parts of your API its tenants may use, how fast, and how much. Every tenant has one, so create a plan before the first
						tenant.
					</Text>
				</Stack>
			) : (
				<Box className="kw-surface">
					<PlansTable plans={plans} use={use} onOpen={(id) => show({ open: id })} onRetire={(id) => show({ open: id, dialog: "retire" })} />
				</Box>
			)}
			<PlanSheet
				key={open?.id ?? "new"}
				plan={open ?? null}
				opened={search.dialog === "create" || (open !== undefined && search.dialog === undefined)}
				use={open && use?.get(open.id)}
				onClose={close}
				onRetire={() => open && show({ open: open.id, dialog: "retire" })}
			/>
			{open !== undefined && <RetirePlan plan={open} use={use?.get(open.id)} opened={search.dialog === "retire"} onClose={close} />}
		</Page>
	);
}
