import { Box, SimpleGrid, Skeleton, Text } from "@mantine/core";
import type { ReactNode } from "react";
import type { ApiKey, RevokePreview } from "../../keys/queries.ts";
import { DAY_MS } from "../../ui/time-units.ts";
import { formatDay } from "../moment.ts";
import { formatExpiry } from "./choice.ts";

/** What a rotation keeps, and which dates it moves. */
export function ReplaceStays({ apiKey, preview }: { apiKey: ApiKey; preview: RevokePreview | undefined }) {
	const { rotate_every_days } = apiKey;
	return (
		<SimpleGrid component="dl" cols={{ base: 1, xs: 2 }} spacing="lg" verticalSpacing="sm" m={0}>
			<Fact term="Stays as it is">Name, id, responsible person, permissions, sites, addresses, limits, labels and history.</Fact>
			<Fact term="Is counted anew">
				{preview === undefined ? (
					<Skeleton height={18} role="status" aria-busy="true" aria-label="Loading the new dates" />
				) : (
					formatExpiry(apiKey.expires_at, preview.expires_at_if_replaced, formatDay)
				)}
				{rotate_every_days !== null &&
					` It is due to be replaced again ${formatDay(new Date(Date.now() + rotate_every_days * DAY_MS).toISOString())}.`}
			</Fact>
		</SimpleGrid>
	);
}

function Fact({ term, children }: { term: string; children: ReactNode }) {
	return (
		<Box miw={0}>
			<Text component="dt" size="sm" fw={500}>
				{term}
			</Text>
			<Text component="dd" m={0} size="sm" c="dimmed">
				{children}
			</Text>
		</Box>
	);
}
