import { Box, Button, Stack, Text } from "@mantine/core";
import { useAccess } from "../access/session.ts";
import { answered, api } from "../http/api.ts";
import { useKeysChanged } from "../keys/queries.ts";
import { formatActor } from "../keys/text.ts";
import { useKeepFocus } from "../ui/keep-focus.ts";
import { Problem } from "../ui/problem.tsx";
import { Time } from "../ui/time.tsx";
import { toaster } from "../ui/toaster.tsx";
import { useAction } from "../ui/use-action.ts";
import { RotationMeter } from "./meter.tsx";
import { canEnd, formatEndLabel, getProgress } from "./progress.ts";
import type { RotationProps } from "./props.ts";
import { isOpen } from "./queries.ts";
import { endedByHand, getHeadline } from "./words.ts";

/** The state of the rotation in one sentence with one count, and the button that ends the old key. */
export function RotationNow(props: RotationProps) {
	const { rotation } = props;
	const { may } = useAccess();
	const action = useAction();
	const region = useKeepFocus<HTMLElement>();
	const open = isOpen(rotation);
	const { title, detail } = getHeadline(rotation);
	const counted = open && rotation.status !== "waiting" && rotation.status !== "over";
	return (
		<Stack gap={8}>
			<Box component="section" ref={region} tabIndex={-1} className="kw-surface kw-rotation-now" aria-label={open ? "Right now" : "How it ended"}>
				{counted && <RotationMeter progress={getProgress(rotation)} />}
				<Box flex={1} miw={0} role="status">
					<Text fz="lg" lh="22px" fw={600} className="kw-wrap" data-headline>
						{title}
					</Text>
					{open ? (
						detail !== null && (
							<Text size="sm" c="dimmed" className="kw-wrap" data-remaining>
								{detail}
							</Text>
						)
					) : (
						<HowItEnded {...props} />
					)}
				</Box>
				{canEnd(rotation) && may.revoke_keys && <EndButton {...props} action={action} />}
			</Box>
			<Problem error={action.error} />
		</Stack>
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

/** Disabled, with the reason in its label, until ending the old key breaks nothing that was seen. */
function EndButton({ tenant_id, apiKey, rotation, action }: RotationProps & { action: ReturnType<typeof useAction> }) {
	const changed = useKeysChanged(tenant_id);
	async function complete(): Promise<void> {
		const path = { tenant_id, key_id: apiKey.id, rotation_id: rotation.id };
		const done = await action.run(() =>
			answered(api.POST("/api/v1/tenants/{tenant_id}/api-keys/{key_id}/rotations/{rotation_id}/complete", { params: { path }, body: {} })),
		);
		changed();
		if (done !== undefined) toaster.done(`The old key of ${apiKey.name} has ended: it is refused everywhere.`);
	}
	return (
		<Button disabled={!rotation.safe_to_complete} loading={action.pending} onClick={() => void complete()}>
			{formatEndLabel(rotation)}
		</Button>
	);
}
