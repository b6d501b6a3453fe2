import { Box, Button, Group } from "@mantine/core";
import { IconEye, IconEyeOff } from "@tabler/icons-react";
import { useState } from "react";
import { CopyButton } from "../../ui/copy-button.tsx";

/** The line with the raw key, masked until revealed. It is never printed, and while masked the key is not in the DOM. */
export function CanaryLine({ line, hidden }: { line: string; hidden: string }) {
	const [shown, setShown] = useState(false);
	return (
		<Box className="kw-never-printed">
			<Box
				className="kw-mono kw-wrap"
				bg="var(--kw-code)"
				p="sm"
				style={{ border: "1px solid var(--kw-hairline)", borderRadius: 8, whiteSpace: "pre-wrap" }}
				role="group"
				aria-label={shown ? "The line" : "The line, with the key masked"}
				data-raw-key={shown ? "shown" : "masked"}
				translate="no"
			>
				{shown ? line : hidden}
			</Box>
			<Group gap={8} mt={8}>
				<CopyButton value={line} what="line" variant="filled" data-autofocus />
				<Button
					variant="default"
					leftSection={shown ? <IconEyeOff size={16} aria-hidden="true" /> : <IconEye size={16} aria-hidden="true" />}
					onClick={() => setShown(!shown)}
				>
					{shown ? "Hide key" : "Show key"}
				</Button>
			</Group>
		</Box>
	);
}
