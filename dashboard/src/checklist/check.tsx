import { Stack, Text } from "@mantine/core";
import { SnippetsTabs } from "../keys/snippets/tabs.tsx";
import { Modal } from "../ui/dialog/modal.tsx";

interface CheckProps {
	readonly tenant_id: string;
	readonly opened: boolean;
	readonly onClose: () => void;
}

/** The connectivity check to be run by a schedule where the key is stored. */
export function HowToCheck({ tenant_id, opened, onClose }: CheckProps) {
	return (
		<Modal
			name="check"
			opened={opened}
			onClose={onClose}
			title="Check the connection regularly"
			size="lg"
			closeButtonProps={{ "aria-label": "Close" }}
		>
			<Stack gap="md">
				<Text size="sm" className="kw-wrap">
					Let the server that has the key make this request by a schedule, such as once an hour, and report when it fails. It counts as regular from
					the third day on, or after 24 checks within two days.
				</Text>
				<SnippetsTabs tenant_id={tenant_id} />
			</Stack>
		</Modal>
	);
}
