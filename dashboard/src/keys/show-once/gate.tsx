import { Button, Group, Radio, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { answered, api } from "../../http/api.ts";
import { Modal } from "../../ui/dialog/modal.tsx";
import { Problem } from "../../ui/problem.tsx";
import { useAction } from "../../ui/use-action.ts";
import { PLACES, type Place } from "./places.ts";

const NOTE_CHARACTERS_MAX = 200;

interface GateProps {
	readonly opened: boolean;
	/** The key whose storage location is recorded; null: the gate only asks to confirm that it is stored. */
	readonly kept: { readonly tenant_id: string; readonly key_id: string } | null;
	/** What happens to a key that is stored nowhere. */
	readonly given_up?: string;
	/** Returns to the key, which is still shown. */
	readonly onBack: () => void;
	/** Called once the key is stored or abandoned; removes it from the page. */
	readonly onClosed: () => void;
}

const GIVEN_UP = "The key is given up; another can be issued from its page while it was never used";

/** Asks where the key is stored before it disappears. */
export function ShowOnceGate({ opened, kept, given_up = GIVEN_UP, onBack, onClosed }: GateProps) {
	const [place, setPlace] = useState<Place | "nowhere" | null>(null);
	const [note, setNote] = useState("");
	const action = useAction();
	async function close(): Promise<void> {
		if (place === null) return;
		if (kept === null || place === "nowhere") return onClosed();
		const done = await action.run(async () => {
			const body = { place, ...(note.trim() === "" ? {} : { note: note.trim() }) };
			await answered(api.PUT("/api/v1/tenants/{tenant_id}/api-keys/{key_id}/kept-in", { params: { path: kept }, body }));
			return true;
		});
		if (done) onClosed();
	}
	return (
		<Modal name="question" opened={opened} onClose={onBack} title="Where is the key stored now?" closeButtonProps={{ "aria-label": "Back" }}>
			<Stack gap="md">
				<Text size="sm" c="dimmed">
					When this closes, the key cannot be shown again.
				</Text>
				<Radio.Group aria-label="Where the key is stored" value={place} onChange={(value) => setPlace(placeFrom(value))}>
					<Stack gap="xs">
						{PLACES.map(({ place: value, label, means }) => (
							<Radio key={value} value={value} label={label} description={means} />
						))}
						<Radio value="nowhere" label="Nowhere yet" description={given_up} />
					</Stack>
				</Radio.Group>
				{place === "other" && kept !== null && (
					<TextInput label="Where" value={note} maxLength={NOTE_CHARACTERS_MAX} onChange={(event) => setNote(event.currentTarget.value)} />
				)}
				<Problem error={action.error} />
				<Group justify="flex-end" gap={8}>
					<Button variant="default" onClick={onBack}>
						Go back to the key
					</Button>
					<Button disabled={place === null} loading={action.pending} onClick={() => void close()}>
						{place === "nowhere" ? "Give up this key" : "It is stored, close"}
					</Button>
				</Group>
			</Stack>
		</Modal>
	);
}

function placeFrom(value: string): Place | "nowhere" | null {
	if (value === "nowhere") return value;
	return PLACES.find(({ place }) => place === value)?.place ?? null;
}
