import { Alert, Anchor, Button, Checkbox, Group, Stack, Text } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { cacheRoots } from "../http/cache-roots.ts";
import { Modal } from "../ui/dialog/modal.tsx";
import { Problem } from "../ui/problem.tsx";
import { Time, useNow } from "../ui/time.tsx";
import { DAY_MS } from "../ui/time-units.ts";
import { toaster } from "../ui/toaster.tsx";
import { useAction } from "../ui/use-action.ts";
import { confirmRehearsal, type Rehearsal, rehearsalsQuery, rehearse } from "./queries.ts";

interface RehearseProps {
	readonly tenant_id: string;
	readonly opened: boolean;
	readonly onClose: () => void;
}

/** Makes a canary key, revokes it on every node, shows how long that took, and lets a person confirm it. */
export function Rehearse({ tenant_id, opened, onClose }: RehearseProps) {
	return (
		<Modal name="rehearse" opened={opened} onClose={onClose} title="Rehearse a revocation" closeButtonProps={{ "aria-label": "Close" }}>
			<Rehearsing tenant_id={tenant_id} onClose={onClose} />
		</Modal>
	);
}

function Rehearsing({ tenant_id, onClose }: Omit<RehearseProps, "opened">) {
	const queries = useQueryClient();
	const now_ms = useNow();
	const { data: earlier = [] } = useQuery(rehearsalsQuery(tenant_id));
	const [made, setMade] = useState<Rehearsal | null>(null);
	const [understood, setUnderstood] = useState(false);
	const action = useAction();
	const waiting = earlier.find((one) => one.acknowledged_ms !== null && one.confirmed_at === null && now_ms - Date.parse(one.started_at) < DAY_MS);
	const rehearsal = made ?? waiting ?? null;
	const changed = (): Promise<void> => queries.invalidateQueries({ queryKey: cacheRoots.checklist(tenant_id) });
	async function start(): Promise<void> {
		const started = await action.run(() => rehearse(tenant_id));
		if (started === undefined) return;
		setMade(started);
		await changed();
	}
	async function confirm(): Promise<void> {
		if (rehearsal === null) return;
		const confirmed = await action.run(() => confirmRehearsal(tenant_id, rehearsal.id));
		if (confirmed === undefined) return;
		await changed();
		toaster.done("The rehearsal counts for 180 days");
		onClose();
	}
	return (
		<Stack gap="md">
			<Text size="sm" className="kw-wrap">
				A real canary key is made and revoked. You see how long it takes until every node has confirmed that it refuses the key. No key in use is
				touched.
			</Text>
			{rehearsal !== null && <Outcome rehearsal={rehearsal} />}
			{rehearsal !== null && (
				<Checkbox
					checked={understood}
					onChange={(event) => setUnderstood(event.currentTarget.checked)}
					label={
						<>
							I know how a key is revoked here, and where the{" "}
							<Anchor inherit underline="always" renderRoot={(props) => <Link to="/checklist/runbook" search={{ tenant: tenant_id }} {...props} />}>
								runbook
							</Anchor>{" "}
							is.
						</>
					}
				/>
			)}
			<Problem error={action.error} />
			<Group justify="flex-end" gap={8}>
				<Button variant={rehearsal === null ? "filled" : "default"} onClick={() => void start()} loading={action.pending} data-autofocus>
					{rehearsal === null ? "Rehearse" : "Rehearse again"}
				</Button>
				{rehearsal !== null && (
					<Button onClick={() => void confirm()} loading={action.pending} disabled={!understood}>
						Confirm the rehearsal
					</Button>
				)}
			</Group>
		</Stack>
	);
}

const figures = new Intl.NumberFormat("en");

function Outcome({ rehearsal: { acknowledged_ms, nodes, started_at } }: { rehearsal: Rehearsal }) {
	const all = nodes ?? [];
	const silent = all.filter(({ confirmed }) => !confirmed).length;
	return (
		<Alert
			role="status"
			variant="light"
			color="teal"
			icon={<IconCheck size={18} aria-hidden="true" />}
			title={`Revoked on every node after ${figures.format(acknowledged_ms ?? 0)} ms`}
			data-rehearsed
		>
			{all.length === 1 ? "1 node" : `${figures.format(all.length)} nodes`} confirmed
			{silent > 0 && `, of which ${silent} did not answer and refuse every request by now`}. Rehearsed <Time value={started_at} />.
		</Alert>
	);
}
