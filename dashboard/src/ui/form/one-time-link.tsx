import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import { CopyButton } from "../copy-button.tsx";
import { Time } from "../time.tsx";

interface LinkProps {
	/** The accessible name of the field: "Password link". */
	readonly label: string;
	readonly url: string;
	readonly expires_at: string;
	readonly onDone: () => void;
	/** For whom it is, and what its holder can do. */
	readonly children: ReactNode;
}

/** A link that works once and is stored nowhere: for whom it is, until when it works, and the link to copy. */
export function OneTimeLink({ label, url, expires_at, onDone, children }: LinkProps) {
	return (
		<Stack gap="md">
			<Text role="status" size="sm" className="kw-wrap">
				{children} It works once and ends <Time value={expires_at} />. It is shown only now.
			</Text>
			<Group gap="sm" wrap="nowrap" align="flex-start" className="kw-never-printed">
				<TextInput
					aria-label={label}
					value={url}
					readOnly
					flex={1}
					miw={0}
					onFocus={(event) => event.currentTarget.select()}
					classNames={{ input: "kw-mono" }}
				/>
				<CopyButton value={url} what="link" data-autofocus />
			</Group>
			<Group justify="flex-end">
				<Button onClick={onDone}>Done</Button>
			</Group>
		</Stack>
	);
}
