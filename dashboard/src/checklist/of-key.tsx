import { Anchor, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Card } from "../ui/page.tsx";
import { Problem } from "../ui/problem.tsx";
import { ItemRow } from "./item-row.tsx";
import { checklistQuery } from "./queries.ts";

const LOADING_PX = 92;

interface OfKeyProps {
	readonly tenant_id: string;
	readonly key_id: string;
	/** Whether this person may change the key. */
	readonly manages: boolean;
}

/** The items that are not met for one key; the rest is on the page of the checklist. */
export function ChecklistOfKey({ tenant_id, key_id, manages }: OfKeyProps) {
	const { data: items, error } = useQuery(checklistQuery(tenant_id, key_id));
	if (error === null && items === undefined) return <Skeleton height={LOADING_PX} role="status" aria-busy="true" aria-label="Loading" />;
	// A key that has ended has none.
	if (items?.length === 0) return null;
	const open = items?.filter(({ status }) => status === "not_met") ?? [];
	const met = items?.filter(({ status }) => status === "met").length ?? 0;
	const unknown = (items?.length ?? 0) - open.length - met;
	return (
		<Card
			title="Checklist"
			{...(items === undefined ? {} : { note: `${open.length} not met · ${unknown} unknown · ${met} met` })}
			aside={
				<Anchor size="sm" renderRoot={(props) => <Link to="/checklist" search={{ tenant: tenant_id, key: key_id }} {...props} />}>
					All {items?.length} items
				</Anchor>
			}
			flush
		>
			<Problem error={error} />
			{open.length > 0 && (
				<ul className="kw-items">
					{open.map((item) => (
						<ItemRow key={item.item} item={item} manages={manages} />
					))}
				</ul>
			)}
		</Card>
	);
}
