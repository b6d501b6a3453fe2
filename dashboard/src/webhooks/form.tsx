import { Button, Checkbox, Group, Radio, Stack, Text, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useConfirmed } from "../access/confirm.tsx";
import { isApiError } from "../http/api.ts";
import { ChoiceCard } from "../ui/choice-card.tsx";
import { goToFirstFault } from "../ui/first-fault.ts";
import { LeaveButton } from "../ui/form/guarded-modal.tsx";
import { Problem } from "../ui/problem.tsx";
import { SheetFoot } from "../ui/sheet-foot.tsx";
import { useAction } from "../ui/use-action.ts";
import type { EventType, WebhookInput } from "./queries.ts";
import { EVENT_TYPES, EVENT_WORDS } from "./words.ts";

const URL_CHARACTERS_MAX = 2_048;
const ALL = "all";
const CHOSEN = "chosen";

interface FormProps {
	/** What the form begins with; null for a webhook that does not exist yet. */
	readonly before: { readonly url: string; readonly events: readonly string[] | null } | null;
	/** Sends the input. Throws `ApiError`. */
	readonly send: (input: WebhookInput) => Promise<void>;
	/** The words of the buttons. */
	readonly submit: string;
	readonly leave: string;
}

function knownTypes(events: readonly string[] | null): EventType[] {
	return events === null ? [] : EVENT_TYPES.filter((type) => events.includes(type));
}

/** The address and the types of a webhook. */
export function WebhookForm({ before, send, submit, leave }: FormProps) {
	const [url, setUrl] = useState(before?.url ?? "");
	const [which, setWhich] = useState(before === null || before.events === null ? ALL : CHOSEN);
	const [types, setTypes] = useState<readonly EventType[]>(() => knownTypes(before?.events ?? null));
	const [tried, setTried] = useState(false);
	const action = useAction();
	const confirmed = useConfirmed();
	const refused = urlFault(action.error);
	const urlMissing = url.trim() === "" ? "Write the address of your receiver, such as https://hooks.example.com/keywright" : null;
	const typesMissing = which === CHOSEN && types.length === 0 ? "Choose at least one type, or all events." : null;

	async function save(event: FormEvent<HTMLFormElement>): Promise<void> {
		event.preventDefault();
		const form = event.currentTarget;
		setTried(true);
		if (urlMissing !== null || typesMissing !== null) return goToFirstFault(form);
		await action.run(() => confirmed(() => send({ url: url.trim(), events: which === ALL ? null : [...types] })));
		goToFirstFault(form);
	}
	return (
		<form noValidate className="kw-sheet-form" onSubmit={(event) => void save(event)}>
			<Stack gap="md" flex={1}>
				<TextInput
					label="Address"
					description="Where events are sent: an https address of yours, reachable from the internet"
					placeholder="https://hooks.example.com/keywright"
					value={url}
					onChange={(event) => {
						setUrl(event.currentTarget.value);
						action.reset();
					}}
					maxLength={URL_CHARACTERS_MAX}
					inputMode="url"
					autoComplete="off"
					spellCheck={false}
					classNames={{ input: "kw-mono" }}
					error={refused ?? (tried ? urlMissing : null)}
					data-autofocus
				/>
				<Radio.Group label="Which events" value={which} onChange={setWhich}>
					<Stack gap={8} mt={4}>
						<ChoiceCard value={ALL} title="All events" text="Also types that later versions add" />
						<ChoiceCard value={CHOSEN} title="Only these types" text="The receiver gets nothing else" />
					</Stack>
				</Radio.Group>
				{which === CHOSEN && <Types types={types} onTypes={setTypes} fault={tried ? typesMissing : null} />}
				{refused === null && <Problem error={action.error} />}
			</Stack>
			<SheetFoot>
				<Group justify="flex-end" gap={8}>
					<LeaveButton>{leave}</LeaveButton>
					<Button type="submit" loading={action.pending}>
						{submit}
					</Button>
				</Group>
			</SheetFoot>
		</form>
	);
}

/** What the server says about the address, as a sentence about the field; null if the error is about something else. */
function urlFault(error: unknown): string | null {
	if (!isApiError(error)) return null;
	const fault = error.problem.errors.find(({ pointer }) => pointer === "/url");
	return fault === undefined ? null : `The address ${fault.detail}.`;
}

interface TypesProps {
	readonly types: readonly EventType[];
	readonly onTypes: (types: readonly EventType[]) => void;
	readonly fault: string | null;
}

function Types({ types, onTypes, fault }: TypesProps) {
	return (
		<Checkbox.Group
			label="Types"
			value={[...types]}
			onChange={(values) => onTypes(EVENT_TYPES.filter((type) => values.includes(type)))}
			error={fault}
			data-fault={fault === null ? undefined : true}
			tabIndex={-1}
		>
			<Stack gap={8} mt={4} mb={4}>
				{EVENT_TYPES.map((type) => (
					<Checkbox
						key={type}
						value={type}
						label={
							<>
								<span className="kw-mono">{type}</span>{" "}
								<Text span size="xs" c="dimmed">
									{EVENT_WORDS[type]}
								</Text>
							</>
						}
					/>
				))}
			</Stack>
		</Checkbox.Group>
	);
}
