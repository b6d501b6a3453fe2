import { Alert, Anchor, Button, Divider, Stack, Text } from "@mantine/core";
import { IconInfoCircle } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { useConfirmed } from "../../access/confirm.tsx";
import { answered, api } from "../../http/api.ts";
import { Problem } from "../../ui/problem.tsx";
import { useAction } from "../../ui/use-action.ts";
import { SnippetsTabs } from "../snippets/tabs.tsx";
import { ShowOnceField } from "./field.tsx";

export interface Warning {
	readonly code: string;
	readonly detail: string;
}

/** The server's warnings about a key that was created. */
export function Warnings({ warnings }: { warnings: readonly Warning[] }) {
	if (warnings.length === 0) return null;
	return (
		<Alert
			color="yellow"
			variant="light"
			icon={<IconInfoCircle size={18} aria-hidden="true" />}
			title="Worth a second look"
			role="status"
			styles={{ title: { color: "inherit" } }}
		>
			{warnings.map(({ code, detail }) => (
				<Text key={code} size="sm" className="kw-wrap">
					{detail}
				</Text>
			))}
		</Alert>
	);
}

interface PanelProps {
	readonly tenant_id: string;
	readonly key_id: string;
	readonly name: string;
	readonly raw_key: string;
	readonly warnings?: readonly Warning[];
	/** The live line or its replacement. */
	readonly live: ReactNode;
	/** Receives the new raw key; absent where no other may be issued. */
	readonly onReissued?: (raw_key: string) => void;
}

/** Shows the raw key once, snippets to try it, and its first request. */
export function ShowOncePanel({ tenant_id, key_id, name, raw_key, warnings = [], live, onReissued }: PanelProps) {
	return (
		<Stack gap="md">
			<Text size="sm">
				This is the only time that the key of <b className="kw-wrap">{name}</b> can be seen. Store it where your server reads its secrets.
			</Text>
			<ShowOnceField key={raw_key} raw_key={raw_key} file={`${name.replace(/[^A-Za-z0-9._-]+/g, "-").slice(0, 80)}.env`} />
			{onReissued && <LostIt tenant_id={tenant_id} key_id={key_id} onReissued={onReissued} />}
			<Warnings warnings={warnings} />
			<Divider />
			<SnippetsTabs tenant_id={tenant_id} />
			{live}
		</Stack>
	);
}

/** Issues another secret for a key that was never used; the previous one is refused at once. */
function LostIt({ tenant_id, key_id, onReissued }: { tenant_id: string; key_id: string; onReissued: (raw_key: string) => void }) {
	const [asking, setAsking] = useState(false);
	const confirmed = useConfirmed();
	const action = useAction();
	async function reissue(): Promise<void> {
		const made = await action.run(() =>
			confirmed(() => answered(api.POST("/api/v1/tenants/{tenant_id}/api-keys/{key_id}/reissue", { params: { path: { tenant_id, key_id } } }))),
		);
		if (!made) return;
		setAsking(false);
		onReissued(made.raw_key);
	}
	if (!asking) {
		return (
			<Anchor component="button" type="button" size="sm" ta="left" onClick={() => setAsking(true)}>
				Lost it, or it went to the wrong place?
			</Anchor>
		);
	}
	return (
		<Stack gap={8} align="flex-start">
			<Text size="sm">Another key is issued in its place, and this one never works again. That is possible until the first request with it.</Text>
			<Problem error={action.error} />
			<Button variant="default" loading={action.pending} onClick={() => void reissue()}>
				Issue another key
			</Button>
		</Stack>
	);
}
