import { Autocomplete, Button, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { type FormEvent, useRef, useState } from "react";
import type { Problem as ProblemData } from "../../http/api.ts";
import { ApiError } from "../../http/api.ts";
import { Problem } from "../../ui/problem.tsx";
import { useAction } from "../../ui/use-action.ts";
import type { Entry } from "./draft.ts";
import { type Answer, testRules } from "./queries.ts";
import { METHODS } from "./rule.ts";
import { TesterAnswer } from "./tester-answer.tsx";

const URI_CHARACTERS_MAX = 4_000;
const KEY_CHARACTERS_MAX = 1_000;

interface TesterProps {
	readonly entries: readonly Entry[];
	/** Whether they differ from the saved rules. */
	readonly changed: boolean;
	readonly onFaults: (errors: ProblemData["errors"]) => void;
}

/** Tests a request against the draft. A pasted key is held only in this form. */
export function Tester({ entries, changed, onFaults }: TesterProps) {
	const [method, setMethod] = useState("GET");
	const [uri, setUri] = useState("");
	// Uncontrolled, so that React never writes the pasted key into an attribute.
	const key = useRef<HTMLInputElement>(null);
	const [answer, setAnswer] = useState<{ readonly of: readonly Entry[]; readonly answer: Answer } | null>(null);
	const [tried, setTried] = useState(false);
	const action = useAction();
	const missing = tried && uri.trim() === "" ? "Write a path, such as: /orders/17" : undefined;

	async function ask(event: FormEvent<HTMLFormElement>): Promise<void> {
		event.preventDefault();
		setTried(true);
		setAnswer(null);
		if (uri.trim() === "") return event.currentTarget.querySelector<HTMLInputElement>("[data-uri]")?.focus();
		const found = await action.run(async () => {
			try {
				return await testRules({ method: method.trim(), uri: uri.trim(), raw_key: key.current?.value.trim() ?? "" }, entries);
			} catch (error) {
				if (error instanceof ApiError) onFaults(error.problem.errors);
				throw error;
			}
		});
		if (found) setAnswer({ of: entries, answer: found });
	}
	return (
		<form noValidate onSubmit={(event) => void ask(event)}>
			<Stack gap="sm">
				<Autocomplete label="Method" data={[...METHODS]} value={method} onChange={setMethod} autoComplete="off" />
				<TextInput
					label="Path"
					placeholder="/tenants/acme/orders/17"
					value={uri}
					onChange={(event) => setUri(event.currentTarget.value)}
					error={missing}
					maxLength={URI_CHARACTERS_MAX}
					autoComplete="off"
					spellCheck={false}
					classNames={{ input: "kw-mono" }}
					data-uri
				/>
				<PasswordInput
					label="Key"
					description="Optional. It is only looked at: nothing is counted, spent or kept."
					ref={key}
					maxLength={KEY_CHARACTERS_MAX}
					autoComplete="off"
					data-1p-ignore
					data-lpignore="true"
					visibilityToggleButtonProps={{ "aria-label": "Show the key", tabIndex: 0 }}
				/>
				<Button type="submit" variant="light" loading={action.pending}>
					Test this request
				</Button>
				<Text size="xs" c="dimmed">
					{changed ? "By your draft, with what is not saved yet." : "By the rules as they are saved."}
				</Text>
				<Problem error={action.error} />
				<div role="status">
					{answer !== null && <TesterAnswer answer={answer.answer} count={answer.of.length} outdated={answer.of !== entries} />}
				</div>
			</Stack>
		</form>
	);
}
