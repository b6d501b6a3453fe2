import { ActionIcon, Button, Group, SegmentedControl, Select, Skeleton, Text } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Card, Count } from "../ui/page.tsx";
import { Problem } from "../ui/problem.tsx";
import { type Alert, type AlertFilter, openAlertsQuery, type RuleName, resolvedAlertsQuery } from "./queries.ts";
import { AlertRow } from "./row.tsx";
import { RULE_NAMES, RULES } from "./rules/words.ts";
import type { AlertsSearch } from "./search.ts";
import { isSevere, sortAlerts } from "./words.ts";

const PAGE_ROWS = 25;
const ANY = "any";
const CHOICES = [{ value: ANY, label: "Every rule" }, ...RULE_NAMES.map((value) => ({ value, label: RULES[value].name }))];
const LOADING_PX = 156;

interface ListProps {
	readonly tenant_id: string;
	readonly search: AlertsSearch;
	readonly manages: boolean;
	readonly onSearch: (next: AlertsSearch) => void;
	/** Called once the list is shown, or has failed. */
	readonly onListed: () => void;
}

/** The filter that the address names, in the API's words. */
export function filterFrom({ key, rule }: AlertsSearch): AlertFilter {
	return { ...(key === undefined ? {} : { key_id: key }), ...(rule === undefined ? {} : { rule }) };
}

/** The open alerts, the most severe first, or those that were resolved. */
export function AlertList(props: ListProps) {
	return props.search.show === "resolved" ? <Resolved {...props} /> : <Open {...props} />;
}

function Open(props: ListProps) {
	const { tenant_id, search } = props;
	const { data, error, isPlaceholderData } = useQuery(openAlertsQuery(tenant_id, filterFrom(search)));
	const [shown_max, setShown] = useState(PAGE_ROWS);
	const alerts = data === undefined ? undefined : sortAlerts(data);
	const more = (alerts?.length ?? 0) - shown_max;
	return (
		<Frame
			{...props}
			title="Open"
			counts={<OpenCounts alerts={alerts ?? []} />}
			alerts={alerts?.slice(0, shown_max)}
			error={error}
			is_stale={isPlaceholderData}
			nothing="Nothing is open. The rules below watch your keys, limits and webhooks; what they find is listed here."
			more={more > 0 ? { label: `Show ${Math.min(more, PAGE_ROWS)} more of ${alerts?.length}`, onMore: () => setShown(shown_max + PAGE_ROWS) } : null}
		/>
	);
}

function OpenCounts({ alerts }: { alerts: readonly Alert[] }) {
	const severe = alerts.filter(isSevere).length;
	const others = alerts.length - severe;
	return (
		<>
			{severe > 0 && (
				<Count meaning="ended" means="severe">
					{severe}
				</Count>
			)}
			{others > 0 && (
				<Count meaning="attention" means="others">
					{others}
				</Count>
			)}
		</>
	);
}

function Resolved(props: ListProps) {
	const { tenant_id, search } = props;
	const { data, error, isPlaceholderData, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery(
		resolvedAlertsQuery(tenant_id, filterFrom(search)),
	);
	const total = data?.pages[0]?.total ?? 0;
	return (
		<Frame
			{...props}
			title="Resolved"
			counts={total > 0 && <Count>{total}</Count>}
			alerts={data?.pages.flatMap((page) => page.data)}
			error={error}
			is_stale={isPlaceholderData}
			nothing="Nothing was resolved yet."
			more={hasNextPage ? { label: "Show earlier ones", loading: isFetchingNextPage, onMore: () => void fetchNextPage() } : null}
		/>
	);
}

interface FrameProps extends ListProps {
	readonly title: string;
	readonly counts: React.ReactNode;
	readonly alerts: readonly Alert[] | undefined;
	readonly error: unknown;
	readonly is_stale: boolean;
	readonly nothing: string;
	readonly more: { readonly label: string; readonly loading?: boolean; readonly onMore: () => void } | null;
}

function Frame({ tenant_id, search, manages, onSearch, onListed, title, counts, alerts, error, is_stale, nothing, more }: FrameProps) {
	const { alert: open, ...rest } = search;
	const is_listed = alerts !== undefined || error !== null;
	// biome-ignore lint/correctness/useExhaustiveDependencies: once
	useEffect(() => {
		if (is_listed) onListed();
	}, [is_listed]);
	const is_filtered = search.key !== undefined || search.rule !== undefined;
	return (
		<Card title={title} beside={counts} aside={<Filters search={rest} onSearch={onSearch} />} flush>
			{error !== null && (
				<Group p="md">
					<Problem error={error} />
				</Group>
			)}
			{alerts === undefined && error === null && (
				<Skeleton height={LOADING_PX} m="md" w="auto" role="status" aria-busy="true" aria-label="Loading the alerts" />
			)}
			{alerts?.length === 0 && <Nothing text={nothing} filtered={is_filtered} />}
			{alerts !== undefined && alerts.length > 0 && (
				<ul className="kw-alerts kw-rows" data-stale={is_stale || undefined} aria-label={`${title} alerts`}>
					{alerts.map((alert, index) => (
						<AlertRow
							key={alert.id}
							tenant_id={tenant_id}
							alert={alert}
							open={alert.id === open}
							manages={manages}
							first={index === 0 && isSevere(alert)}
							onOpen={() => onSearch({ ...rest, alert: alert.id })}
						/>
					))}
				</ul>
			)}
			{more !== null && (
				<Group justify="center" p="xs" className="kw-foot">
					<Button variant="default" size="xs" loading={more.loading === true} onClick={more.onMore}>
						{more.label}
					</Button>
				</Group>
			)}
		</Card>
	);
}

function Nothing({ text, filtered }: { text: string; filtered: boolean }) {
	return (
		<Group px={16} py={14} gap={8} wrap="nowrap" align="baseline" className="kw-nothing" role="status" data-nothing>
			<span className="kw-shape" data-meaning={filtered ? "resting" : "good"} aria-hidden="true">
				{filtered ? "○" : "●"}
			</span>
			<Text size="sm" c={filtered ? "dimmed" : "var(--mantine-color-text)"}>
				{filtered ? "No alert matches." : text}
			</Text>
		</Group>
	);
}

function Filters({ search, onSearch }: { search: AlertsSearch; onSearch: (next: AlertsSearch) => void }) {
	const { show, rule, key } = search;
	const with_rule = (name: RuleName | undefined): AlertsSearch => ({
		...(show === undefined ? {} : { show }),
		...(key === undefined ? {} : { key }),
		...(name === undefined ? {} : { rule: name }),
	});
	return (
		<>
			{key !== undefined && (
				<Group gap={2} wrap="nowrap" data-one-key>
					<Text size="xs" c="dimmed">
						of one key
					</Text>
					<ActionIcon
						variant="subtle"
						color="gray"
						size={24}
						aria-label="Show alerts of every key"
						onClick={() => onSearch({ ...(show === undefined ? {} : { show }), ...(rule === undefined ? {} : { rule }) })}
					>
						<IconX size={14} aria-hidden="true" />
					</ActionIcon>
				</Group>
			)}
			<Select
				aria-label="Rule"
				className="kw-card-filter"
				size="xs"
				w={156}
				data={CHOICES}
				value={rule ?? ANY}
				maxDropdownHeight={420}
				onChange={(value) => onSearch(with_rule(RULE_NAMES.find((name) => name === value)))}
			/>
			<SegmentedControl
				aria-label="Which alerts"
				size="xs"
				data={[
					{ value: "open", label: "Open" },
					{ value: "resolved", label: "Resolved" },
				]}
				value={show ?? "open"}
				onChange={(value) => {
					const { show: _show, ...others } = search;
					onSearch(value === "resolved" ? { ...others, show: "resolved" } : others);
				}}
			/>
		</>
	);
}
