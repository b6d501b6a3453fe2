import { Box, Button, Group } from "@mantine/core";
import { IconDownload, IconEye, IconEyeOff } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { useProfile } from "../../access/session.ts";
import { CopyButton } from "../../ui/copy-button.tsx";
import { envLine } from "../snippets/snippets.ts";
import { saveFile } from "./save-file.ts";

const START_SHOWN = /^[a-z0-9]+_[a-z]+_/;
const END_SHOWN = 4;

/** Masks the key at its full length: only the prefix and the last four, which the list shows too, are readable. */
export function masked(raw_key: string): string {
	const [start = ""] = START_SHOWN.exec(raw_key) ?? [];
	return start + "•".repeat(Math.max(0, raw_key.length - start.length - END_SHOWN)) + raw_key.slice(-END_SHOWN);
}

/** The raw key, masked until revealed; it can be copied or saved. It is never printed, and while masked it is not in the DOM. */
export function ShowOnceField({ raw_key, file }: { raw_key: string; file: string }) {
	const [shown, setShown] = useState(false);
	const profile = useProfile();
	const field = useRef<HTMLDivElement>(null);
	// The button that was pressed has gone, and what comes next is to copy the key.
	useEffect(() => field.current?.querySelector<HTMLElement>("[data-autofocus]")?.focus(), []);
	return (
		<Box className="kw-never-printed" ref={field}>
			<Box
				className="kw-mono kw-wrap"
				bg="var(--kw-code)"
				p="sm"
				style={{ border: "1px solid var(--kw-hairline)", borderRadius: 8 }}
				role="group"
				aria-label={shown ? "The key" : "The key, masked"}
				data-raw-key={shown ? "shown" : "masked"}
				translate="no"
			>
				{shown ? raw_key : masked(raw_key)}
			</Box>
			<Group gap={8} mt={8}>
				<CopyButton value={raw_key} what="key" variant="filled" data-autofocus />
				<Button
					variant="default"
					leftSection={shown ? <IconEyeOff size={16} aria-hidden="true" /> : <IconEye size={16} aria-hidden="true" />}
					onClick={() => setShown(!shown)}
				>
					{shown ? "Hide key" : "Show key"}
				</Button>
				<Button
					variant="default"
					leftSection={<IconDownload size={16} aria-hidden="true" />}
					onClick={() => saveFile(file, envLine(profile?.product_name ?? "", raw_key))}
				>
					Download .env
				</Button>
			</Group>
		</Box>
	);
}
