import { Alert, Text } from "@mantine/core";
import { IconBan } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { Time } from "../../ui/time.tsx";
import { type ApiKey, receiptQuery } from "../queries.ts";
import { formatActor, getReason } from "../text.ts";

interface EndedProps {
	readonly apiKey: ApiKey;
	/** Whether it was revoked while its page was open. If that was done in this tab, the focus moves to the notice. */
	readonly fresh: boolean;
}

/** Notice that the key has ended: by whom, when, why, and what to do if it was needed. */
export function KeyEnded({ apiKey, fresh }: EndedProps) {
	const { revoked_at, revoked_by, revoke_reason, revoke_note } = apiKey;
	const { data: receipt } = useQuery(receiptQuery(apiKey.tenant_id, apiKey.id));
	const notice = useRef<HTMLDivElement>(null);
	const is_result = fresh && receipt !== undefined;
	useEffect(() => {
		if (is_result) notice.current?.focus();
	}, [is_result]);
	return (
		<Alert
			ref={notice}
			tabIndex={-1}
			color="red"
			variant="light"
			icon={<IconBan size={18} aria-hidden="true" />}
			title="This key was revoked for good"
			// The focus scrolls it into view: not to the very edge.
			style={{ scrollMarginBlock: 16 }}
			data-revoked
		>
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
				{receipt ?? "Every request with it is refused."} If something still needs access, create another key for it.
			</Text>
		</Alert>
	);
}
