import { Button, type ButtonProps } from "@mantine/core";
import { useTimeout } from "@mantine/hooks";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useState } from "react";

const SHOWN_MS = 1_600;

/** Browsers offer `navigator.clipboard` only in secure contexts; elsewhere `execCommand` still works. */
function copyByHand(value: string): boolean {
	const field = document.createElement("textarea");
	field.value = value;
	field.readOnly = true;
	field.style.position = "fixed";
	field.style.opacity = "0";
	(document.activeElement?.closest('[role="dialog"]') ?? document.body).append(field);
	const before = document.activeElement;
	field.select();
	const copied = document.execCommand("copy");
	field.remove();
	if (before instanceof HTMLElement) before.focus();
	return copied;
}

/** Copies `text`; false where the browser does not allow it. */
export async function copyText(value: string): Promise<boolean> {
	try {
		await navigator.clipboard.writeText(value);
		return true;
	} catch {
		return copyByHand(value);
	}
}

interface CopyProps extends ButtonProps {
	readonly value: string;
	/** For screen readers, such as "link". */
	readonly what: string;
	/** Where "Copy" alone would not say how much. */
	readonly word?: string;
	readonly onCopied?: () => void;
}

/** Copies `value` and announces it, also to screen readers. Calls `onCopied` once it is in the clipboard. */
export function CopyButton({ value, what, word = "Copy", onCopied, ...rest }: CopyProps) {
	const [state, setState] = useState<"idle" | "copied" | "failed">("idle");
	const { start } = useTimeout(() => setState("idle"), SHOWN_MS);
	async function copy(): Promise<void> {
		const copied = await copyText(value);
		setState(copied ? "copied" : "failed");
		start();
		if (copied) onCopied?.();
	}
	const words = { idle: word, copied: "Copied", failed: "Copy by hand" }[state];
	return (
		<Button
			variant="default"
			leftSection={state === "copied" ? <IconCheck size={16} aria-hidden="true" /> : <IconCopy size={16} aria-hidden="true" />}
			onClick={() => void copy()}
			aria-label={{ idle: `${word === "Copy" ? "Copy" : `${word}:`} ${what}`, copied: `Copied ${what}`, failed: `Copy by hand: ${what}` }[state]}
			{...rest}
		>
			<span aria-live="polite">{words}</span>
		</Button>
	);
}
