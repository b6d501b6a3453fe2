import { Button } from "@mantine/core";
import { type ReactNode, useRef, useState } from "react";

interface Fold {
	readonly opened: boolean;
	/** Opens and closes the form. */
	readonly button: ReactNode;
	/** After saving: closes the form, and the focus returns to the button. */
	readonly close: () => void;
}

/** A form that is opened in its place; until then its present value stands there. */
export function useFold(what: string): Fold {
	const [opened, setOpened] = useState(false);
	const opener = useRef<HTMLButtonElement>(null);
	const word = opened ? "Close" : "Edit";
	const button = (
		<Button
			ref={opener}
			variant="default"
			size="xs"
			flex="none"
			aria-expanded={opened}
			aria-label={`${word}: ${what}`}
			onClick={() => setOpened(!opened)}
		>
			{word}
		</Button>
	);
	function close(): void {
		setOpened(false);
		opener.current?.focus();
	}
	return { opened, button, close };
}
