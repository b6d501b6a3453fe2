import { Alert, Button, Group, SegmentedControl, Select, Skeleton, Stack, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconLock } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useTenant } from "../access/session.ts";
import { useDialog, useStaying } from "../ui/dialog/use-dialog.ts";
import { lazyDialog } from "../ui/lazy-dialog.tsx";
import { Page } from "../ui/page.tsx";
import { Problem } from "../ui/problem.tsx";
import { ItemRow } from "./item-row.tsx";
import { checklistQuery, type Item, keyChoicesQuery } from "./queries.ts";
import { type ChecklistSearch, checklistSearchFrom, groupItems, SHOWN, type Shown } from "./search.ts";
import { STATUS_WORDS } from "./words.ts";

const ALL = "all";
const LOADING_PX = 560;
const SEARCHED_AFTER_MS = 250;

const Rehearse = lazyDialog(
	() => import("./rehearse.tsx").then((module) => module.Rehearse),
	({ opened }) => opened,
	{ opened: false },
);
const History = lazyDialog(
	() => import("./history.tsx").then((module) => module.ChecklistHistory),
	({ opened }) => opened,
	{ opened: false },
);

const Check = lazyDialog(
	() => import("./check.tsx").then((module) => module.HowToCheck),
	({ opened }) => opened,
	{ opened: false },
);

/** What should be true of keys in production, and whether it is, by what was seen. */
export default function ChecklistPage() {
	const tenant = useTenant();
	const search = checklistSearchFrom(useSearch({ strict: false }));
	const navigate = useNavigate();
	const { data: items, error, isPlaceholderData } = useQuery(checklistQuery(tenant.id, search.key));
	const history = useDialog("history");
	const rehearsal = useDialog("rehearse");
	const check = useDialog("check");
	const suspended = tenant.status === "suspended";
	const manages = tenant.role !== "viewer" && !suspended;
	const rehearses = useStaying(rehearsal.opened, manages);
	const go = (next: ChecklistSearch): void =>
		void navigate({ to: "/checklist", search: { tenant: tenant.id, ...next }, replace: true, resetScroll: false });
	return (
		<Page
			title="Checklist"
			lead="Filled in from what keys did in the last 30 days, and from what is set. No one ticks it by hand."
			action={
				<Group gap={8} className="kw-never-printed">
					<Button variant="default" onClick={() => history.open()}>
						History
					</Button>
					<Button variant="default" renderRoot={(props) => <Link to="/checklist/runbook" search={{ tenant: tenant.id }} {...props} />}>
						Runbook
					</Button>
				</Group>
			}
		>
			<Rehearse tenant_id={tenant.id} opened={rehearses} onClose={rehearsal.close} />
			<Check tenant_id={tenant.id} opened={check.opened} onClose={check.close} />
			<History tenant_id={tenant.id} key_id={search.key} opened={history.opened} onClose={history.close} />
			{suspended && (
				<Alert variant="light" color="yellow" icon={<IconLock size={18} aria-hidden="true" />} title="This tenant is suspended">
					The checklist goes on; what would meet an item can be done when the suspension is over.
				</Alert>
			)}
			<Group justify="space-between" gap={8} className="kw-never-printed">
				<Statuses
					items={items ?? []}
					show={search.show}
					onShow={(show) => go({ ...omit(search, "show"), ...(show === undefined ? {} : { show }) })}
				/>
				<KeyChoice
					tenant_id={tenant.id}
					chosen={search.key}
					name={items?.find(({ scope }) => scope === "key")?.evidence.key?.name}
					onChosen={(key) => go({ ...omit(search, "key"), ...(key === undefined ? {} : { key }) })}
				/>
			</Group>
			<Problem error={error} />
			{items === undefined ? (
				error === null && <Skeleton height={LOADING_PX} role="status" aria-busy="true" aria-label="Loading" />
			) : (
				<Groups items={items} show={search.show} manages={manages} is_stale={isPlaceholderData} />
			)}
		</Page>
	);
}

function omit(search: ChecklistSearch, name: keyof ChecklistSearch): ChecklistSearch {
	return Object.fromEntries(Object.entries(search).filter(([field]) => field !== name));
}

interface StatusesProps {
	readonly items: readonly Item[];
	readonly show: Shown | undefined;
	readonly onShow: (show: Shown | undefined) => void;
}

/** The counts are the filter. */
function Statuses({ items, show, onShow }: StatusesProps) {
	const groups = groupItems(items);
	return (
		<SegmentedControl
			aria-label="Status"
			value={show ?? ALL}
			onChange={(value) => onShow(SHOWN.find((status) => status === value))}
			data={[
				{ value: ALL, label: `All ${items.length}` },
				...SHOWN.map((value) => ({ value, label: `${STATUS_WORDS[value]} ${groups[value].length}` })),
			]}
		/>
	);
}

interface ChoiceProps {
	readonly tenant_id: string;
	readonly chosen: string | undefined;
	/** Of the chosen key, if it is known. */
	readonly name: string | undefined;
	readonly onChosen: (key_id: string | undefined) => void;
}

/** All keys, or one that is searched by its name. */
function KeyChoice({ tenant_id, chosen, name, onChosen }: ChoiceProps) {
	const [typed, setTyped] = useState("");
	const [searched] = useDebouncedValue(typed === name ? "" : typed, SEARCHED_AFTER_MS);
	const { data: found = [] } = useQuery(keyChoicesQuery(tenant_id, searched));
	const known = chosen === undefined || found.some(({ value }) => value === chosen) ? [] : [{ value: chosen, label: name ?? "The chosen key" }];
	return (
		<Select
			aria-label="Key"
			placeholder="All keys"
			w={240}
			data={[...known, ...found]}
			value={chosen ?? null}
			onChange={(value) => onChosen(value ?? undefined)}
			searchable
			clearable
			clearButtonProps={{ "aria-label": "All keys" }}
			onSearchChange={setTyped}
			filter={({ options }) => options}
			nothingFoundMessage="No active key has this name"
		/>
	);
}

interface GroupsProps {
	readonly items: readonly Item[];
	readonly show: Shown | undefined;
	readonly manages: boolean;
	readonly is_stale: boolean;
}

const NOTES: Partial<Readonly<Record<Shown, string>>> = { unknown: "Not enough was seen to say. Quiet is never counted as met." };

/** In the order of work: what is not met, what is not known, what is met. */
function Groups({ items, show, manages, is_stale }: GroupsProps) {
	const groups = groupItems(items);
	const shown = SHOWN.filter((status) => (show === undefined || show === status) && groups[status].length > 0);
	const first = [...groups.not_met, ...groups.unknown].find(({ action }) => action !== null);
	// Without a key most items ask for the first one: one button is enough.
	const repeats = (item: Item) => item !== first && item.status === "unknown" && item.action !== null && item.action.href === first?.action?.href;
	if (shown.length === 0) {
		return (
			<Text c="dimmed" className="kw-surface" p="lg">
				{items.length === 0
					? "This key has ended, or is a canary key: no item is about it."
					: `No item is ${STATUS_WORDS[show ?? "met"].toLowerCase()}.`}
			</Text>
		);
	}
	return (
		<Stack gap={20} aria-busy={is_stale}>
			{shown.map((status) => (
				<section key={status} aria-label={STATUS_WORDS[status]}>
					<div className="kw-items-group">
						<h2>{STATUS_WORDS[status]}</h2>
						<span>{groups[status].length}</span>
						{NOTES[status] !== undefined && <span>{NOTES[status]}</span>}
					</div>
					<ul className="kw-items kw-surface">
						{groups[status].map((item) => (
							<ItemRow key={item.item} item={item} manages={manages} first={manages && item === first} repeats={repeats(item)} />
						))}
					</ul>
				</section>
			))}
		</Stack>
	);
}
