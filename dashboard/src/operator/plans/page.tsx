import { Box, Button, Group, Stack, Text, TextInput, Title } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { IconPlus, IconSearch } from "@tabler/icons-react";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useRef } from "react";
import { Page } from "../../ui/page.tsx";
import { plansQuery, planUseQuery } from "./queries.ts";
import { RetirePlan } from "./retire.tsx";
import { type PlansSearch, plansSearchFrom } from "./search.ts";
import { PlanSheet } from "./sheet.tsx";
import { PlansTable } from "./table.tsx";

/** From this many plans on, they can be searched. */
const SEARCHED_FROM = 8;

/** The plans, with their numbers of tenants and keys. A row opens the plan's sheet. */
export default function PlansPage() {
	const { data: plans } = useSuspenseQuery(plansQuery);
	const { data: use } = useQuery(planUseQuery);
	const search = plansSearchFrom(useSearch({ strict: false }));
	const navigate = useNavigate();
	const show = (next: PlansSearch, replace = false) =>
		void navigate({ to: "/operator/plans", search: plansSearchFrom({ ...next }), resetScroll: false, replace });
	const { search: text = "" } = search;
	const kept = text === "" ? {} : { search: text };
	const close = () => show(kept, true);
	const open = plans.find(({ id }) => id === search.of);
	const create = () => show({ ...kept, dialog: "create" });
	const field = useRef<HTMLInputElement>(null);
	const wanted = text.trim().toLowerCase();
	const found = plans.filter(({ id, name }) => `${name} ${id}`.toLowerCase().includes(wanted));
	useHotkeys([
		["c", create],
		["/", () => field.current?.focus()],
	]);
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
			{search.of !== undefined && open === undefined && <Text role="status">There is no plan with the id of this address any more.</Text>}
			{plans.length === 0 ? (
				<Stack className="kw-surface" p="xl" gap="xs" align="flex-start">
					<Title order={2}>No plan yet</Title>
					<Text c="dimmed" maw={560}>
						A plan says which parts of your API its tenants may use, how fast, and how much. Every tenant has one, so create a plan before the first
						tenant.
					</Text>
				</Stack>
			) : (
				<>
					{plans.length >= SEARCHED_FROM && (
						<Group justify="space-between" gap="xs" role="search" aria-label="Plans">
							<TextInput
								ref={field}
								aria-label="Search by name or id"
								placeholder="Name or id"
								leftSection={<IconSearch size={16} aria-hidden="true" />}
								flex="1 1 200px"
								maw={320}
								value={text}
								onChange={(event) => show({ search: event.currentTarget.value }, true)}
							/>
							<Text size="xs" c="dimmed" role="status" className="kw-figures">
								{found.length < plans.length && `${found.length} of `}
								{plans.length} plans
							</Text>
						</Group>
					)}
					{found.length === 0 ? (
						<Group className="kw-surface" p="lg" gap="sm">
							<Text fw={500}>No plan matches</Text>
							<Button variant="default" size="xs" onClick={() => show({})}>
								Show all plans
							</Button>
						</Group>
					) : (
						<Box className="kw-surface">
							<PlansTable
								plans={found}
								use={use}
								onOpen={(id) => show({ ...kept, dialog: "edit", of: id })}
								onRetire={(id) => show({ ...kept, dialog: "retire", of: id })}
							/>
						</Box>
					)}
				</>
			)}
			<PlanSheet
				key={open?.id ?? "new"}
				plan={search.dialog === "create" ? null : (open ?? null)}
				opened={search.dialog === "create" || (open !== undefined && search.dialog === "edit")}
				use={open && use?.get(open.id)}
				onClose={close}
				onRetire={() => open && show({ ...kept, dialog: "retire", of: open.id })}
			/>
			{open !== undefined && <RetirePlan plan={open} use={use?.get(open.id)} opened={search.dialog === "retire"} onClose={close} />}
		</Page>
	);
}
