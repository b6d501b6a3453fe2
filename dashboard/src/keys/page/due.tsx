import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { IconClock } from "@tabler/icons-react";
import { useState } from "react";
import { useAccess } from "../../access/session.ts";
import { ReplaceKey } from "../../rotations/replace/replace-key.tsx";
import { MEANINGS } from "../../ui/theme.ts";
import { Time, useNow } from "../../ui/time.tsx";
import { exactTime } from "../../ui/time-words.ts";
import { type Due, expiryDue, replacementDue } from "../due-words.ts";
import { EditKey } from "../edit/edit-key.tsx";
import type { ApiKey } from "../queries.ts";
import { getDates } from "../words.ts";

/** Notice that a date of the key is near or past, and what to do. Renders nothing otherwise. */
export function KeyDue({ tenant_id, apiKey }: { tenant_id: string; apiKey: ApiKey }) {
	const { may } = useAccess();
	const [editing, setEditing] = useState(false);
	const now_ms = useNow();
	const { expires_at, rotation_due_at } = getDates(apiKey);
	const expiry = expiryDue(expires_at, now_ms);
	const replacement = apiKey.rotation === null ? replacementDue(rotation_due_at, now_ms) : null;
	const due = expiry ?? replacement;
	if (due === null) return null;
	return (
		<Alert
			color={MEANINGS[due.meaning].color}
			variant="light"
			role="note"
			icon={<IconClock size={18} aria-hidden="true" />}
			title={expiry === null ? titleOfReplacement(due) : titleOfEnd(expiry)}
			data-due-note={expiry === null ? "replacement" : "expiry"}
		>
			<Stack gap={8}>
				{expiry !== null && <End apiKey={apiKey} isOver={expiry.nearness === "over"} />}
				{replacement !== null && (
					<Text size="sm">
						{expiry !== null && `Its replacement is ${replacement.nearness === "over" ? "" : "due "}${replacement.short} as well. `}
						Nothing stops by itself at that date. Replace this key while the old and the new one both work, so that nothing stands still.
					</Text>
				)}
				<Group gap={8}>
					{expiry !== null && may.manage_keys && (
						<Button size="xs" variant="default" onClick={() => setEditing(true)}>
							Give it a later end
						</Button>
					)}
					<ReplaceKey tenant_id={tenant_id} apiKey={apiKey} size="xs" />
				</Group>
			</Stack>
			<EditKey tenant_id={tenant_id} apiKey={apiKey} opened={editing} onClose={() => setEditing(false)} at="expiry" />
		</Alert>
	);
}

function titleOfEnd(due: Due): string {
	return due.nearness === "over" ? `This key expired ${due.short}` : `This key stops working ${due.short}`;
}

function titleOfReplacement(due: Due): string {
	return due.nearness === "over" ? `Replacing this key is ${due.short}` : `This key is to be replaced ${due.short}`;
}

function End({ apiKey, isOver }: { apiKey: ApiKey; isOver: boolean }) {
	const { expires_at, last_used_at } = apiKey;
	if (expires_at === null) return null;
	const used =
		last_used_at === null ? (
			"It was never used."
		) : (
			<>
				It was last used <Time value={last_used_at} />.
			</>
		);
	if (isOver) {
		return (
			<Text size="sm">
				It ended on {exactTime(expires_at)}; every request with it is refused since. {used} With a later end the same key works again, where it is.
			</Text>
		);
	}
	return (
		<Text size="sm">
			On {exactTime(expires_at)} it ends, and every request with it is refused from then on. {used} Give it a later end, or replace it: the new key
			gets a term of its own.
		</Text>
	);
}
