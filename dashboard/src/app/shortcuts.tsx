import { Box, Group, Kbd, Text, VisuallyHidden } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useEffect, useEffectEvent, useRef, useState } from "react";
import { Modal } from "../ui/dialog/modal.tsx";
import { focusPage } from "../ui/keep-focus.ts";

/** The second key of a sequence counts within this time. */
const SEQUENCE_MS = 1_500;

/** The search of a page is marked with this attribute. */
const SEARCH = "[data-search]";

const SHORTCUTS = [
	{ keys: ["/"], means: "Search on this page" },
	{ keys: ["c"], means: "Create a key" },
	{ keys: ["g", "k"], means: "Go to the keys" },
	{ keys: ["g", "a"], means: "Go to the requests and refusals" },
	{ keys: ["?"], means: "Show these shortcuts" },
] as const;

/** Whether a key press is meant for a field or a dialog. */
function isTaken(event: KeyboardEvent): boolean {
	const { target } = event;
	if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return true;
	if (document.querySelector("[role=dialog], [role=menu]") !== null) return true;
	return target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));
}

interface ShortcutsProps {
	readonly tenant_id: string;
	readonly may_create: boolean;
	readonly opened: boolean;
	readonly onOpened: (opened: boolean) => void;
}

/** Shortcuts of single keys on a tenant's pages, and the dialog that lists them. None while a field has the focus or a dialog is open. */
export function Shortcuts({ tenant_id, may_create, opened, onOpened }: ShortcutsProps) {
	const navigate = useNavigate();
	const [said, setSaid] = useState("");
	const begun_ms = useRef(0);
	const press = useEffectEvent((event: KeyboardEvent) => {
		if (isTaken(event)) return;
		const in_sequence = event.timeStamp - begun_ms.current < SEQUENCE_MS;
		begun_ms.current = event.key === "g" ? event.timeStamp : 0;
		if (event.key === "k" && in_sequence) {
			event.preventDefault();
			setSaid("API Access");
			void navigate({ to: "/settings/api-access", search: { tenant: tenant_id } });
		} else if (event.key === "a" && in_sequence) {
			event.preventDefault();
			setSaid("Activity");
			void navigate({ to: "/activity", search: { tenant: tenant_id } });
		} else if (event.key === "c" && may_create) {
			event.preventDefault();
			focusPage();
			void navigate({ to: "/settings/api-access", search: { tenant: tenant_id, dialog: "create" } });
		} else if (event.key === "/") {
			const field = document.querySelector<HTMLElement>(SEARCH);
			if (field === null) return;
			event.preventDefault();
			field.focus();
		} else if (event.key === "?") {
			event.preventDefault();
			focusPage();
			onOpened(true);
		}
	});
	useEffect(() => {
		const listener = (event: KeyboardEvent): void => press(event);
		document.addEventListener("keydown", listener);
		return () => document.removeEventListener("keydown", listener);
	}, []);
	return (
		<>
			<VisuallyHidden role="status">{said}</VisuallyHidden>
			<Modal name="shortcuts" opened={opened} onClose={() => onOpened(false)} title="Keyboard shortcuts" size={400}>
				<Box component="dl" m={0}>
					{SHORTCUTS.filter(({ keys }) => may_create || keys[0] !== "c").map(({ keys, means }) => (
						<Group key={means} justify="space-between" mih={36} wrap="nowrap">
							<Text component="dt" size="sm">
								{means}
							</Text>
							<Box component="dd" m={0}>
								<Keys keys={keys} />
							</Box>
						</Group>
					))}
				</Box>
				<Text size="xs" c="dimmed" mt={12}>
					They do nothing while you type in a field or a dialog is open.
				</Text>
			</Modal>
		</>
	);
}

function Keys({ keys }: { keys: readonly string[] }): ReactNode {
	return keys.map((key, index) => (
		<span key={key}>
			{index > 0 && (
				<Text span size="xs" c="dimmed" mx={4}>
					then
				</Text>
			)}
			<Kbd>{key}</Kbd>
		</span>
	));
}
