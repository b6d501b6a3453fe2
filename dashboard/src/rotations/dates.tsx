import { Box } from "@mantine/core";
import type { ReactNode } from "react";
import { isSchedule } from "../keys/schedule-words.ts";
import { formatActor } from "../keys/text.ts";
import { Card } from "../ui/page.tsx";
import { Instant } from "../ui/time.tsx";
import { formatInstant } from "../ui/time-words.ts";
import type { RotationProps } from "./props.ts";
import { isOpen, type Rotation } from "./queries.ts";
import { formatOldEnd } from "./words.ts";

/** When the old key ends, when the key itself does, and who began. */
export function RotationDates({ apiKey, rotation }: RotationProps) {
	const taken_back = rotation.status === "cancelled";
	const goes_on = isOpen(rotation) && rotation.status !== "over";
	const { short } = formatOldEnd(rotation);
	const expires_at =
		isOpen(rotation) && rotation.status !== "waiting" ? apiKey.expires_at : taken_back ? rotation.expires_at_before : rotation.expires_at;
	return (
		<Card flush title="The old key">
			<Box component="dl" m={0} px="md" pb={4}>
				{!taken_back && <Fact term={goes_on ? "Ends" : "Ended"}>{goes_on ? whenItEnds(rotation) : <Instant value={rotation.old_ends_at} />}</Fact>}
				{goes_on && rotation.status !== "waiting" && short !== null && (
					<Fact term="At the latest">
						<Instant value={rotation.old_ends_at} />
					</Fact>
				)}
				<Fact term="Begun">
					<Instant value={rotation.started_at} />, by {formatActor(rotation.started_by)}
				</Fact>
				{isSchedule(rotation.started_by) && rotation.handover?.email && <Fact term="Link for">{rotation.handover.email}</Fact>}
				<Fact term="Key expires">
					<Instant value={expires_at} />
				</Fact>
				{!taken_back && shown(rotation.expires_at) !== shown(rotation.expires_at_before) && (
					<Fact term="Before">
						<Instant value={rotation.expires_at_before} />
					</Fact>
				)}
			</Box>
		</Card>
	);
}

function shown(time: string | null): string | null {
	return time === null ? null : formatInstant(time, Date.now());
}

function whenItEnds(rotation: Rotation): ReactNode {
	if (rotation.status === "waiting") return rotation.overlap_seconds === 0 ? "when the new key is revealed" : "not before the new key is revealed";
	return formatOldEnd(rotation).short ?? <Instant value={rotation.old_ends_at} />;
}

function Fact({ term, children }: { term: string; children: ReactNode }) {
	return (
		<div className="kw-fact-row">
			<Box component="dt" c="dimmed">
				{term}
			</Box>
			<Box component="dd" m={0} className="kw-wrap kw-figures">
				{children}
			</Box>
		</div>
	);
}
