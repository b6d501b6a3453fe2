import { Text, TextInput } from "@mantine/core";
import { useEffect, useRef } from "react";

interface TypedNameProps {
	readonly name: string;
	readonly id: string;
	readonly value: string;
	readonly onChange: (value: string) => void;
}

/** Whether the typed text is the object's id or its exact name. An id can be typed on every keyboard. */
export function isTyped({ name, id }: { name: string; id: string }, typed: string): boolean {
	const text = typed.trim();
	return text !== "" && (text === id || text === name.trim());
}

/** Asks for the name or the id of the object before a breaking change. Takes the focus, also when it appears after its dialog, with the preview. */
export function TypedName({ name, id, value, onChange }: TypedNameProps) {
	const field = useRef<HTMLInputElement>(null);
	useEffect(() => {
		const dialog = field.current?.closest("[role=dialog]");
		if (dialog?.contains(document.activeElement) && !(document.activeElement instanceof HTMLInputElement)) field.current?.focus();
	}, []);
	return (
		<TextInput
			ref={field}
			label="Type its name or id to confirm"
			description={
				<Text span fz={12} className="kw-wrap">
					<bdi>{name}</bdi>
					{name !== id && (
						<>
							{" "}
							or <span className="kw-mono">{id}</span>
						</>
					)}
				</Text>
			}
			value={value}
			onChange={(event) => onChange(event.currentTarget.value)}
			autoComplete="off"
			spellCheck={false}
			data-autofocus
		/>
	);
}
