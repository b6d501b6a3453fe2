import { Box, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { formatActor } from "../keys/text.ts";
import { Section } from "../ui/page.tsx";
import { Time } from "../ui/time.tsx";
import { exactTime } from "../ui/time-words.ts";
import type { RotationProps } from "./props.ts";
import { isOpen } from "./queries.ts";
import { formatOldEnd } from "./words.ts";

/** When each secret ends, and who started the rotation. */
export function RotationDates({ apiKey, rotation }: RotationProps) {
	const taken_back = rotation.status === "cancelled";
	return (
		<Section title="Dates">
			<Stack component="dl" gap="sm" m={0}>
				<Fact term="Begun">
					<Time value={rotation.started_at} />
					{`, by ${formatActor(rotation.started_by)}`}
				</Fact>
				{!taken_back && (
					<Fact term={isOpen(rotation) && rotation.status !== "over" ? "The old key ends" : "The old key ended"}>
						<OldEnd rotation={rotation} />
					</Fact>
				)}
				<Fact term="The key expires">
					<End
						time={
							isOpen(rotation) && rotation.status !== "waiting" ? apiKey.expires_at : taken_back ? rotation.expires_at_before : rotation.expires_at
						}
					/>
					{!taken_back && rotation.expires_at !== rotation.expires_at_before && (
						<Text size="sm" c="dimmed">
							Before: <End time={rotation.expires_at_before} />
						</Text>
					)}
				</Fact>
			</Stack>
		</Section>
	);
}

function OldEnd({ rotation }: Pick<RotationProps, "rotation">) {
	const { status, overlap_seconds, old_ends_at } = rotation;
	const { short } = formatOldEnd(rotation);
	if (status === "waiting") return <>{overlap_seconds === 0 ? "When the new key is revealed" : "Not before the new key is revealed"}</>;
	if (!isOpen(rotation) || status === "over" || short === null) {
		return (
			<>
				<Time value={old_ends_at} />
				<Text size="sm" c="dimmed">
					{old_ends_at === null ? "" : exactTime(old_ends_at)}
				</Text>
			</>
		);
	}
	return (
		<>
			{short}
			<Text size="sm" c="dimmed">
				At the latest {old_ends_at === null ? "" : exactTime(old_ends_at)}
			</Text>
		</>
	);
}

function End({ time }: { time: string | null }) {
	return time === null ? "never" : exactTime(time);
}

function Fact({ term, children }: { term: string; children: ReactNode }) {
	return (
		<Box miw={0}>
			<Text component="dt" size="sm" c="dimmed">
				{term}
			</Text>
			<Box component="dd" m={0} className="kw-wrap">
				{children}
			</Box>
		</Box>
	);
}
