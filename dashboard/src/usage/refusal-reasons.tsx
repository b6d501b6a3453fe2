import { Anchor, Group, Text } from "@mantine/core";
import { useProfile } from "../access/session.ts";
import { getRefusals, type UsageRow } from "./buckets.ts";
import { formatReason } from "./outcomes.ts";
import { formatRequests } from "./ranges.ts";

const SHOWN_MAX = 6;

/** Reasons of refusals, each linked to its documentation. Renders nothing without any. */
export function RefusalReasons({ rows }: { rows: readonly UsageRow[] }) {
	const profile = useProfile();
	const refusals = getRefusals(rows);
	if (refusals.length === 0) return null;
	return (
		<>
			<Text size="sm" fw={500} mt="md" mb={4}>
				Turned away because
			</Text>
			<ul style={{ margin: 0, padding: 0, listStyle: "none" }} data-refusals>
				{refusals.slice(0, SHOWN_MAX).map(({ code, requests }) => (
					<Group component="li" key={code} justify="space-between" gap="sm" py={4} wrap="nowrap">
						<Anchor
							href={`${profile?.error_base_url ?? "/problems"}/${code}`}
							target="_blank"
							rel="noreferrer"
							size="sm"
							underline="always"
							className="kw-wrap"
						>
							{formatReason(code)}
						</Anchor>
						<Text size="sm" c="dimmed" className="kw-figures" style={{ whiteSpace: "nowrap" }}>
							{formatRequests(requests)}
						</Text>
					</Group>
				))}
			</ul>
			{refusals.length > SHOWN_MAX && (
				<Text size="xs" c="dimmed">
					And {refusals.length - SHOWN_MAX} other reasons.
				</Text>
			)}
		</>
	);
}
