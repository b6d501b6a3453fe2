import { Button, Group, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useAccess } from "../access/session.ts";
import { answered, api } from "../http/api.ts";
import { useKeysChanged } from "../keys/queries.ts";
import { formatActor } from "../keys/text.ts";
import { Section } from "../ui/page.tsx";
import { Problem } from "../ui/problem.tsx";
import { Time } from "../ui/time.tsx";
import { toaster } from "../ui/toaster.tsx";
import { useAction } from "../ui/use-action.ts";
import { CancelDialog } from "./cancel-dialog.tsx";
import { CompleteDialog } from "./complete-dialog.tsx";
import type { RotationProps } from "./props.ts";
import { isOpen } from "./queries.ts";
import { endedByHand, formatEnding, formatHeadline, formatNotYet, formatOldEnd } from "./words.ts";

const WHY_ID = "why-not-yet";

/** The state of the rotation in one sentence, and its actions. */
export function RotationNow(props: RotationProps) {
	const { rotation } = props;
	const { may } = useAccess();
	const open = isOpen(rotation);
	return (
		<Section title={open ? "Right now" : "How it ended"}>
			<Stack gap="md">
				<Text fz="lg" fw={600} role="status" className="kw-wrap" data-headline>
					{open ? formatHeadline(rotation) : formatEnding(rotation)}
				</Text>
				{open ? <WhenItEnds {...props} /> : <HowItEnded {...props} />}
				{open && rotation.status !== "over" && may.revoke_keys && !(rotation.status === "waiting" && may.create_keys) && <Actions {...props} />}
			</Stack>
		</Section>
	);
}

function WhenItEnds({ rotation }: RotationProps) {
	if (rotation.status === "waiting" || rotation.status === "over") return null;
	const { sentence, held } = { ...formatOldEnd(rotation), held: rotation.overlap_seconds === null };
	return (
		<Text size="sm" c="dimmed">
			{`${sentence} `}
			<Time value={rotation.old_ends_at} />
			{held ? ". This page shows who is missing." : ", even if it is still in use."}
		</Text>
	);
}

function HowItEnded({ rotation }: RotationProps) {
	return (
		<Text size="sm" c="dimmed" className="kw-wrap">
			{rotation.ended_at === null ? (
				<>
					It ended <Time value={rotation.old_ends_at} />.
				</>
			) : (
				<>
					Ended <Time value={rotation.ended_at} />
					{endedByHand(rotation) && rotation.ended_by !== null && `, by ${formatActor(rotation.ended_by)}`}.
				</>
			)}
			{rotation.force_reason !== null && ` The reason given: “${rotation.force_reason}”`}
		</Text>
	);
}

function Actions(props: RotationProps) {
	const { tenant_id, apiKey, rotation } = props;
	const [asked, setAsked] = useState<"complete" | "cancel" | null>(null);
	const action = useAction();
	const changed = useKeysChanged(tenant_id);
	const why = formatNotYet(rotation);
	const waiting = rotation.status === "waiting";

	async function complete(): Promise<void> {
		const path = { tenant_id, key_id: apiKey.id, rotation_id: rotation.id };
		const done = await action.run(() =>
			answered(api.POST("/api/v1/tenants/{tenant_id}/api-keys/{key_id}/rotations/{rotation_id}/complete", { params: { path }, body: {} })),
		);
		changed();
		if (done !== undefined) toaster.done(`The old key of ${apiKey.name} has ended: it is refused everywhere.`);
	}
	return (
		<Stack gap={8}>
			<Group gap={8}>
				{!waiting && (
					<Button
						disabled={why !== null}
						loading={action.pending}
						onClick={() => void complete()}
						{...(why === null ? {} : { "aria-describedby": WHY_ID })}
					>
						End the old key
					</Button>
				)}
				{!waiting && why !== null && (
					<Button variant="default" onClick={() => setAsked("complete")}>
						End it anyway
					</Button>
				)}
				<Button variant={waiting ? "default" : "subtle"} {...(waiting ? {} : { color: "gray" })} onClick={() => setAsked("cancel")}>
					Take this replacement back
				</Button>
			</Group>
			{!waiting && why !== null && (
				<Text id={WHY_ID} size="sm" c="dimmed" className="kw-wrap">
					{why} Whatever still uses the old key is refused once it has ended.
				</Text>
			)}
			<Problem error={action.error} />
			<CompleteDialog {...props} opened={asked === "complete"} onClose={() => setAsked(null)} />
			<CancelDialog {...props} opened={asked === "cancel"} onClose={() => setAsked(null)} />
		</Stack>
	);
}
