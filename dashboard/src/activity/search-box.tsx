import { Box, TextInput, UnstyledButton } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { requestIdFrom } from "./search.ts";

const TEXT_CHARACTERS_MAX = 400;

/** The search by request id. Enter explains; spaces and other text around the id are ignored. */
export function ExplainSearch({ explained, onExplain }: { explained: string; onExplain: (request_id: string) => void }) {
	const [text, setText] = useState(explained);
	const [is_wrong, setWrong] = useState(false);
	function explain(event: FormEvent): void {
		event.preventDefault();
		const request_id = requestIdFrom(text);
		setWrong(request_id === null && text.trim() !== "");
		if (request_id !== null) onExplain(request_id);
	}
	return (
		<Box component="form" role="search" aria-label="Explain a request" flex="1 1 280px" miw={0} onSubmit={explain} noValidate>
			<TextInput
				data-search
				aria-label="Request id"
				placeholder="Request id, such as req_…"
				className="kw-explain-search"
				leftSection={<IconSearch size={16} aria-hidden="true" />}
				rightSectionWidth={88}
				rightSection={
					<UnstyledButton type="submit" className="kw-explain-enter" aria-label="Explain this request">
						↵ explain
					</UnstyledButton>
				}
				autoComplete="off"
				spellCheck={false}
				maxLength={TEXT_CHARACTERS_MAX}
				error={is_wrong && "This is no request id. It begins with req_ and has 24 characters: copy X-Request-Id of the response."}
				value={text}
				onChange={(event) => {
					setText(event.currentTarget.value);
					setWrong(false);
				}}
			/>
		</Box>
	);
}
