import { Alert, Text } from "@mantine/core";
import { IconBan } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Time } from "../../ui/time.tsx";
import { type ApiKey, receiptQuery } from "../queries.ts";
import { formatActor, getReason } from "../text.ts";

/** Notice that the key has ended: by whom, when, why, and what to do if it was needed. */
export function KeyEnded({ apiKey }: { apiKey: ApiKey }) {
	const { revoked_at, revoked_by, revoke_reason, revoke_note } = apiKey;
	const { data: receipt = "Every request with it is refused." } = useQuery(receiptQuery(apiKey.tenant_id, apiKey.id));
	return (
		<Alert color="red" variant="light" icon={<IconBan size={18} aria-hidden="true" />} title="This key was revoked for good" data-revoked>
			<Text size="sm" className="kw-wrap">
				{revoked_by === null ? "Revoked" : `Revoked by ${formatActor(revoked_by)}`} <Time value={revoked_at} never="" />
				{revoke_reason === null ? "." : `. Why: ${getReason(revoke_reason).toLowerCase()}.`}
			</Text>
			{revoke_note !== null && (
				<Text size="sm" mt={4} className="kw-wrap" fs="italic">
					{revoke_note}
				</Text>
			)}
			<Text size="sm" mt={4}>
				{receipt} If something still needs access, create another key for it.
			</Text>
		</Alert>
	);
}
