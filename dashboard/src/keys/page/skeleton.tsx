import { Skeleton, Stack } from "@mantine/core";

const HEIGHTS_PX = [84, 340, 220] as const;

/** The page of a key while it loads, in the heights of what comes. */
export function KeySkeleton() {
	return (
		<Stack className="kw-page" gap={16} role="status" aria-busy="true" aria-label="Loading">
			<Skeleton height={16} width={84} />
			<Skeleton height={50} width={320} />
			<Skeleton height={37} />
			{HEIGHTS_PX.map((height) => (
				<Skeleton key={height} height={height} />
			))}
		</Stack>
	);
}
