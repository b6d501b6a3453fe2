import { Table } from "@mantine/core";
import type { Bucket, BucketSize } from "./buckets.ts";
import { formatBucket } from "./chart-words.ts";
import { OUTCOME_WORDS, type Outcome } from "./outcomes.ts";

const exact = new Intl.NumberFormat("en");

/** The chart's data as a table, newest first. */
export function RequestsTable(props: {
	what: string;
	buckets: readonly Bucket[];
	size: BucketSize;
	outcomes: readonly Outcome[];
	height_px: number;
}) {
	const { what, buckets, size, outcomes, height_px } = props;
	return (
		<Table.ScrollContainer minWidth={0} mah={height_px} type="native" tabIndex={0} role="region" aria-label={what}>
			<Table stickyHeader verticalSpacing={6} aria-label={what}>
				<Table.Thead bg="var(--kw-surface)">
					<Table.Tr>
						<Table.Th>Time</Table.Th>
						{outcomes.map((outcome) => (
							<Table.Th key={outcome} ta="right">
								{OUTCOME_WORDS[outcome].name}
							</Table.Th>
						))}
					</Table.Tr>
				</Table.Thead>
				<Table.Tbody>
					{[...buckets].reverse().map((bucket) => (
						<Table.Tr key={bucket.start_ms}>
							<Table.Th scope="row" fw={400}>
								{formatBucket(bucket.start_ms, size)}
							</Table.Th>
							{outcomes.map((outcome) => (
								<Table.Td key={outcome} ta="right" className="kw-figures" {...(bucket[outcome] === 0 ? { c: "dimmed" } : {})}>
									{exact.format(bucket[outcome])}
								</Table.Td>
							))}
						</Table.Tr>
					))}
				</Table.Tbody>
			</Table>
		</Table.ScrollContainer>
	);
}
