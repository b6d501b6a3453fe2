import { Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconAlertTriangle, IconCheck } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { budgetPreviewQuery } from "../queries.ts";
import type { BudgetValue } from "./budgets.ts";
import { formatPreview, formatUtcDay, wouldRefuse } from "./preview-words.ts";

const TYPED_MS = 300;

interface PreviewProps {
	readonly tenant_id: string;
	readonly key_id: string;
	readonly budget: BudgetValue & { readonly amount: number };
}

/** What the last 30 days of the key would have made of a budget that is being edited. */
export function BudgetPreview({ tenant_id, key_id, budget }: PreviewProps) {
	const [amount] = useDebouncedValue(budget.amount, TYPED_MS);
	const { data, error, isPlaceholderData } = useQuery({
		...budgetPreviewQuery(tenant_id, key_id, { amount, per: budget.per }),
		placeholderData: keepPreviousData,
	});
	const current = !isPlaceholderData && amount === budget.amount ? data : undefined;
	const refuses = current !== undefined && wouldRefuse(current);
	const Icon = refuses ? IconAlertTriangle : IconCheck;
	return (
		<Text size="xs" c="dimmed" role="status" data-budget-preview style={{ display: "flex", gap: 6 }}>
			{current !== undefined && <Icon size={14} aria-hidden="true" style={{ flexShrink: 0, marginTop: 2 }} />}
			<span>
				{current !== undefined
					? formatPreview(current, budget, formatUtcDay)
					: error === null
						? "Comparing with the last 30 days …"
						: "The last 30 days could not be read. You can save all the same."}
			</span>
		</Text>
	);
}
