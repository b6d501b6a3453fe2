import { Skeleton, Stack } from "@mantine/core";

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
