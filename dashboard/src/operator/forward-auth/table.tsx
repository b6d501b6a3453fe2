import { ActionIcon, Badge, Box, Group, Stack, Table, Text } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconPencil, IconTrash } from "@tabler/icons-react";
import { useEffect, useRef } from "react";
import type { Entry, Fault } from "./draft.ts";
import { costWords, methodsWords, needsWords, placesWords, ruleName } from "./rule.ts";
import type { Faults } from "./use-draft.ts";

interface TableProps {
	readonly entries: readonly Entry[];
	readonly faults: Faults;
	readonly onEdit: (entry: Entry) => void;
	readonly onMove: (entry: Entry, by: -1 | 1) => void;
	readonly onRemove: (entry: Entry) => void;
}

/** The rules in matching order. */
export function RulesTable({ entries, faults, ...actions }: TableProps) {
	const restore = useFocusThatFollows(entries);
	return (
		<Box className="kw-surface">
			<Table layout="fixed" verticalSpacing={8} horizontalSpacing="sm" aria-label="Rules, in the order in which they are tried">
				<Table.Thead visibleFrom="sm">
					<Table.Tr fz={12} c="dimmed">
						<Table.Th w={44} aria-label="Place" />
						<Table.Th fw={500}>Request</Table.Th>
						<Table.Th fw={500} w="24%">
							What the key needs
						</Table.Th>
						<Table.Th fw={500} w={112}>
							Spends
						</Table.Th>
						<Table.Th w={144} aria-label="Actions" />
					</Table.Tr>
				</Table.Thead>
				<Table.Tbody>
					{entries.map((entry, index) => (
						<RuleRow
							key={entry.id}
							entry={entry}
							index={index}
							count={entries.length}
							faults={faults.get(entry.id) ?? []}
							restore={restore}
							{...actions}
						/>
					))}
				</Table.Tbody>
			</Table>
		</Box>
	);
}

type Restore = (entry_id: number, what: string) => void;

/** Keeps the focus on the moved rule: the browser drops it when the row is reinserted or its button becomes disabled. */
function useFocusThatFollows(entries: readonly Entry[]): Restore {
	const wanted = useRef<{ id: number; what: string } | null>(null);
	// biome-ignore lint/correctness/useExhaustiveDependencies: after each change of the order, and only then
	useEffect(() => {
		const { current } = wanted;
		wanted.current = null;
		if (current === null) return;
		const buttons = [...document.querySelectorAll<HTMLButtonElement>(`[data-rule="${current.id}"] [data-do]:not(:disabled)`)];
		const shown = buttons.filter((button) => button.offsetParent !== null);
		(shown.find((button) => button.dataset.do === current.what) ?? shown[0])?.focus();
	}, [entries]);
	return (id, what) => {
		wanted.current = { id, what };
	};
}

interface RowProps extends Omit<TableProps, "entries" | "faults"> {
	readonly entry: Entry;
	readonly index: number;
	readonly count: number;
	readonly faults: readonly Fault[];
	readonly restore: Restore;
}

function RuleRow(props: RowProps) {
	const { entry, index, faults } = props;
	const { rule } = entry;
	const fault_id = `rule-fault-${entry.id}`;
	return (
		<Table.Tr data-rule={entry.id} data-pattern={rule.pattern} aria-describedby={faults.length > 0 ? fault_id : undefined}>
			<Table.Td c="dimmed" ta="right" px="xs" visibleFrom="sm" className="kw-figures">
				{index + 1}
			</Table.Td>
			<Table.Th scope="row" fw={400}>
				<Stack gap={4} align="flex-start">
					<Group gap="2px 8px">
						<Badge color="gray" variant="light" tt="none">
							{methodsWords(rule.methods)}
						</Badge>
						<Text className="kw-mono kw-wrap" size="sm" miw={0} lineClamp={2} title={rule.pattern}>
							{rule.pattern}
						</Text>
					</Group>
					<Text size="xs" c="dimmed" className="kw-wrap">
						{rule.note ?? placesWords(rule.pattern)}
					</Text>
					<Box hiddenFrom="sm">
						<Text size="sm" className="kw-wrap" lineClamp={4}>
							{needsWords(rule)}; spends {costWords(rule)}
						</Text>
						<Actions {...props} />
					</Box>
					<Faulty id={fault_id} faults={faults} />
				</Stack>
			</Table.Th>
			<Table.Td visibleFrom="sm">
				<Text size="sm" className="kw-wrap" lineClamp={3} title={needsWords(rule)}>
					{needsWords(rule)}
				</Text>
			</Table.Td>
			<Table.Td visibleFrom="sm">
				<Text size="sm" className="kw-wrap" lineClamp={3} title={costWords(rule)}>
					{costWords(rule)}
				</Text>
			</Table.Td>
			<Table.Td visibleFrom="sm" ta="right">
				<Actions {...props} />
			</Table.Td>
		</Table.Tr>
	);
}

function Faulty({ id, faults }: { id: string; faults: readonly Fault[] }) {
	if (faults.length === 0) return null;
	return (
		<Stack gap={2} id={id} role="alert">
			{faults.map(({ field, detail }) => (
				<Text key={`${field} ${detail}`} size="sm" c="var(--kw-ended)">
					✕ {field === "" ? "This rule" : `${field[0]?.toUpperCase()}${field.slice(1)}`} {detail}
				</Text>
			))}
		</Stack>
	);
}

function Actions({ entry, index, count, restore, onEdit, onMove, onRemove }: RowProps) {
	const name = ruleName(entry.rule);
	function move(by: -1 | 1): void {
		restore(entry.id, by === -1 ? "up" : "down");
		onMove(entry, by);
	}
	return (
		<Group gap={2} wrap="nowrap" justify="flex-end" component="span" display="inline-flex">
			<ActionIcon
				data-do="up"
				variant="subtle"
				color="gray"
				className="kw-plain"
				disabled={index === 0}
				aria-label={`Move up: ${name}`}
				onClick={() => move(-1)}
			>
				<IconArrowUp size={16} aria-hidden="true" />
			</ActionIcon>
			<ActionIcon
				data-do="down"
				variant="subtle"
				color="gray"
				className="kw-plain"
				disabled={index === count - 1}
				aria-label={`Move down: ${name}`}
				onClick={() => move(1)}
			>
				<IconArrowDown size={16} aria-hidden="true" />
			</ActionIcon>
			<ActionIcon data-do="edit" variant="subtle" color="gray" aria-label={`Edit: ${name}`} onClick={() => onEdit(entry)}>
				<IconPencil size={16} aria-hidden="true" />
			</ActionIcon>
			<ActionIcon data-do="remove" variant="subtle" color="gray" aria-label={`Remove: ${name}`} onClick={() => onRemove(entry)}>
				<IconTrash size={16} aria-hidden="true" />
			</ActionIcon>
		</Group>
	);
}
