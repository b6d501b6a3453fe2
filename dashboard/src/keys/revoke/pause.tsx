import { Button, Group, Stack, Text } from "@mantine/core";
import { IconPlayerPause, IconPlayerPlay } from "@tabler/icons-react";
import { useAccess } from "../../access/session.ts";
import { answered, api } from "../../http/api.ts";
import { ChangedMeanwhile } from "../../http/meanwhile.ts";
import { Modal } from "../../ui/dialog/modal.tsx";
import { useDialog, useStaying } from "../../ui/dialog/use-dialog.ts";
import { Problem } from "../../ui/problem.tsx";
import { toaster } from "../../ui/toaster.tsx";
import { useAction } from "../../ui/use-action.ts";
import { type ApiKey, useKeysChanged } from "../queries.ts";
import { useKeyUnchanged } from "../unchanged.ts";
import { WhatUses } from "./what-uses.tsx";

const ONE = "/api/v1/tenants/{tenant_id}/api-keys/{key_id}";

interface Pausing {
	readonly pending: boolean;
	readonly error: unknown;
	/** Pauses an active key or resumes a paused one; resolves to whether it succeeded. */
	run(): Promise<boolean>;
}

/** The button and its dialog may go with the state in which the key is now: a toast stays. */
function reportChange(error: unknown): never {
	if (error instanceof ChangedMeanwhile) toaster.failed("This key changed meanwhile", `So nothing was sent. ${error.message}`);
	throw error;
}

export function usePausing(tenant_id: string, apiKey: ApiKey): Pausing {
	const action = useAction();
	const changed = useKeysChanged(tenant_id);
	const assertUnchanged = useKeyUnchanged(tenant_id);
	const resumes = apiKey.status === "paused";
	async function run(): Promise<boolean> {
		const params = { path: { tenant_id, key_id: apiKey.id } };
		const done = await action.run(async () => {
			await assertUnchanged(apiKey).catch(reportChange);
			return answered(resumes ? api.POST(`${ONE}/resume`, { params }) : api.POST(`${ONE}/pause`, { params }));
		});
		changed();
		if (done === undefined) return false;
		if (resumes) toaster.done(`${apiKey.name} works again.`);
		else toaster.noted(`${apiKey.name} is paused: it is refused until it is resumed.`);
		return true;
	}
	return { pending: action.pending, error: action.error, run };
}

/** Opens the confirmation that pauses a key; resumes a paused one at once. */
export function PauseKey({ tenant_id, apiKey }: { tenant_id: string; apiKey: ApiKey }) {
	const { open } = useDialog("pause");
	const pausing = usePausing(tenant_id, apiKey);
	const resumes = apiKey.status === "paused";
	const Icon = resumes ? IconPlayerPlay : IconPlayerPause;
	// One button, so that the focus stays on it when the key changes its state.
	return (
		<>
			<Button
				variant={resumes ? "filled" : "default"}
				leftSection={<Icon size={16} aria-hidden="true" />}
				loading={pausing.pending}
				onClick={() => (resumes ? void pausing.run() : open())}
			>
				{resumes ? "Resume this key" : "Pause this key"}
			</Button>
			<Problem error={pausing.error} />
		</>
	);
}

/** Asks before a key is paused, and shows what stops. Once on a page. */
export function PauseDialog({ tenant_id, apiKey }: { tenant_id: string; apiKey: ApiKey }) {
	const { opened, close } = useDialog("pause");
	const { may } = useAccess();
	const asks = useStaying(opened, may.manage_keys && apiKey.status === "active" && !apiKey.canary);
	const pausing = usePausing(tenant_id, apiKey);
	return (
		<Modal name="pause" opened={asks} onClose={close} title="Pause this key" closeButtonProps={{ "aria-label": "Close without pausing" }}>
			<Stack gap="md">
				<Text size="sm" className="kw-wrap">
					While {apiKey.name} is paused, every request with it is refused. Nothing is lost: resume it at any time and the same key works again, where
					it is.
				</Text>
				<WhatUses tenant_id={tenant_id} apiKey={apiKey} action="pause" />
				<Problem error={pausing.error} />
				<Group justify="flex-end" gap={8}>
					<Button variant="default" onClick={close}>
						Keep it working
					</Button>
					<Button loading={pausing.pending} onClick={() => void pausing.run().then((done) => done && close())} data-autofocus>
						Pause this key
					</Button>
				</Group>
			</Stack>
		</Modal>
	);
}
