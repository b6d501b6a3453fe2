import { Box, Skeleton, Stack } from "@mantine/core";

const ROWS = ["a", "b", "c", "d", "e"];

/** Placeholder of about a page's size, so that the layout does not shift when the page loads. */
export function PageSkeleton() {
	return (
		<Stack className="kw-page" gap="md" role="status" aria-busy="true" aria-label="Loading">
			<Skeleton height={28} width={220} />
			<Skeleton height={18} width="60%" />
			<Stack gap={8} mt="md">
				{ROWS.map((row) => (
					<Skeleton key={row} height={52} />
				))}
			</Stack>
		</Stack>
	);
}

const ROW_PX = 44;
const HEAD_PX = 32;
const NAMES = [..."abcdefghijklmnopqrstuvwxyz"];

/** Rows of a table while they load, in the height of the table. */
export function RowsSkeleton({ rows, what }: { rows: number; what: string }) {
	return (
		<Box role="status" aria-busy="true" aria-label={what} h={rows * ROW_PX + HEAD_PX} px={16} pt={HEAD_PX + 10} style={{ overflow: "hidden" }}>
			<Stack gap={20}>
				{NAMES.slice(0, rows).map((row) => (
					<Skeleton key={row} height={24} />
				))}
			</Stack>
		</Box>
	);
}
