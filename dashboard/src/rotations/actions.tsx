import { ActionIcon, Button, Group, Menu } from "@mantine/core";
import { IconDots, IconPlayerStop } from "@tabler/icons-react";
import { useRef } from "react";
import { useAccess } from "../access/session.ts";
import { useDialog } from "../ui/dialog/use-dialog.ts";
import { CancelDialog } from "./cancel-dialog.tsx";
import { CompleteDialog } from "./complete-dialog.tsx";
import { canEnd, isLeaked } from "./progress.ts";
import type { RotationProps } from "./props.ts";
import { isOpen } from "./queries.ts";

/** Takes the replacement back, or ends the old key before everything has moved. */
export function RotationActions(props: RotationProps) {
	const { rotation } = props;
	const { may } = useAccess();
	const complete = useDialog("complete");
	const cancel = useDialog("cancel");
	const opener = useRef<HTMLButtonElement>(null);
	// A link that still waits is cancelled where it is shown, which takes the replacement back.
	const cancelled_by_link = rotation.status === "waiting" && may.create_keys;
	if (!isOpen(rotation) || rotation.status === "over" || !may.revoke_keys || cancelled_by_link) return null;
	// The server refuses it, since the old key would work for good again.
	const leaked = isLeaked(props);
	return (
		<Group gap={8} wrap="nowrap" w={{ base: "100%", xs: "auto" }}>
			{!leaked && (
				<Button variant="default" flex={{ base: 1, xs: "none" }} onClick={() => cancel.open()}>
					Take it back
				</Button>
			)}
			{canEnd(rotation) && !rotation.safe_to_complete && (
				<Menu position="bottom-end">
					<Menu.Target>
						<ActionIcon ref={opener} variant="default" size={36} aria-label="More actions for this replacement">
							<IconDots size={18} aria-hidden="true" />
						</ActionIcon>
					</Menu.Target>
					<Menu.Dropdown>
						<Menu.Item
							color="red"
							leftSection={<IconPlayerStop size={16} aria-hidden="true" />}
							onClick={() => {
								opener.current?.focus();
								complete.open();
							}}
						>
							End the old key anyway
						</Menu.Item>
					</Menu.Dropdown>
				</Menu>
			)}
			<CompleteDialog {...props} opened={complete.opened && canEnd(rotation)} onClose={complete.close} />
			<CancelDialog {...props} opened={cancel.opened && !leaked} onClose={cancel.close} />
		</Group>
	);
}
