import { ActionIcon, Menu, Table, Text, UnstyledButton } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { MouseEvent } from "react";
import { formatCount } from "../../plans/meter.ts";
import type { Plan } from "./queries.ts";
import { useCapabilityNames } from "./use-capability-names.ts";

export interface PlanUse {
	readonly tenants: number;
	readonly keys: number;
}

interface TableProps {
	readonly plans: readonly Plan[];
	/** Undefined while it loads. */
	readonly use: ReadonlyMap<string, PlanUse> | undefined;
	readonly onOpen: (id: string) => void;
	readonly onRetire: (id: string) => void;
}

function maximum(value: number | null): string {
	return value === null ? "no limit" : formatCount(value);
}

/** In place of a maximum that does not apply, because the plan lacks API access. */
const NOT_INCLUDED = "–";

/** The plans by name. On a phone the name and the number of tenants remain. */
export function PlansTable({ plans, use, onOpen, onRetire }: TableProps) {
	return (
		<Table layout="fixed" highlightOnHover horizontalSpacing="md" verticalSpacing={4} fz={13} className="kw-plans" aria-label="Plans">
			<Table.Thead>
				<Table.Tr fz={12} c="dimmed">
					<Table.Th fw={500} w={{ sm: 240 }}>
						Plan
					</Table.Th>
					<Table.Th fw={500} visibleFrom="sm">
						Includes
					</Table.Th>
					<Table.Th fw={500} w={140} ta="right" visibleFrom="sm">
						Requests a month
					</Table.Th>
					<Table.Th fw={500} w={100} ta="right" visibleFrom="sm">
						Keys each
					</Table.Th>
					<Table.Th fw={500} w={88} ta="right">
						Tenants
					</Table.Th>
					<Table.Th fw={500} w={100} ta="right" visibleFrom="sm">
						Their keys
					</Table.Th>
					<Table.Th w={60} aria-label="Actions" />
				</Table.Tr>
			</Table.Thead>
			<Table.Tbody>
				{plans.map((plan) => (
					<Row
						key={plan.id}
						plan={plan}
						use={use === undefined ? undefined : (use.get(plan.id) ?? { tenants: 0, keys: 0 })}
						onOpen={() => onOpen(plan.id)}
						onRetire={() => onRetire(plan.id)}
					/>
				))}
			</Table.Tbody>
		</Table>
	);
}

function Row({ plan, use, onOpen, onRetire }: { plan: Plan; use: PlanUse | undefined; onOpen: () => void; onRetire: () => void }) {
	const { id, name, capabilities, quota_requests_per_month, limits } = plan;
	const nameOf = useCapabilityNames();
	const has_api = capabilities.includes("m2m_api");
	const includes = capabilities.length === 0 ? "nothing" : capabilities.map(nameOf).join(", ");
	function open(event: MouseEvent): void {
		const target = event.target instanceof Element ? event.target : null;
		if (event.currentTarget.contains(target) && target?.closest("a, button") === null) onOpen();
	}
	return (
		<Table.Tr data-plan={id} h={44} onClick={open} style={{ cursor: "pointer" }}>
			<Table.Th scope="row" fw={400}>
				<UnstyledButton display="block" fz="inherit" fw={600} lh="18px" onClick={onOpen} title={name} maw="100%">
					<Text span inherit truncate display="block" dir="auto" ta="left">
						{name}
					</Text>
				</UnstyledButton>
				<Text className="kw-mono" fz={12} lh="16px" c="dimmed" truncate title={id}>
					{id}
				</Text>
			</Table.Th>
			<Table.Td visibleFrom="sm" c="dimmed" className="kw-wrap">
				<Text inherit lineClamp={2} title={includes}>
					{includes}
				</Text>
			</Table.Td>
			<Table.Td visibleFrom="sm" ta="right" className="kw-figures">
				{has_api ? maximum(quota_requests_per_month) : NOT_INCLUDED}
			</Table.Td>
			<Table.Td visibleFrom="sm" ta="right" className="kw-figures">
				{has_api ? maximum(limits.api_keys) : NOT_INCLUDED}
			</Table.Td>
			<Table.Td ta="right" className="kw-figures">
				{use === undefined ? (
					"…"
				) : use.tenants === 0 ? (
					<Text span inherit c="dimmed">
						none
					</Text>
				) : (
					<Link to="/operator/tenants" search={{ plan: id }} className="kw-link" aria-label={`${use.tenants} tenants of the plan ${name}`}>
						{formatCount(use.tenants)}
					</Link>
				)}
			</Table.Td>
			<Table.Td visibleFrom="sm" ta="right" className="kw-figures">
				{use === undefined ? "…" : formatCount(use.keys)}
			</Table.Td>
			<Table.Td ta="right">
				<Menu position="bottom-end">
					<Menu.Target>
						<ActionIcon variant="subtle" color="gray" aria-label={`Actions for the plan ${name}`}>
							<IconDots size={18} aria-hidden="true" />
						</ActionIcon>
					</Menu.Target>
					<Menu.Dropdown>
						<Menu.Item onClick={onOpen}>Edit this plan</Menu.Item>
						<Menu.Item c="var(--kw-ended)" onClick={onRetire}>
							Retire this plan
						</Menu.Item>
					</Menu.Dropdown>
				</Menu>
			</Table.Td>
		</Table.Tr>
	);
}
