import { Button, Group, Stack, Text } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useConfirmed } from "../../access/confirm.tsx";
import { Modal } from "../../ui/dialog/modal.tsx";
import { isTyped, TypedName } from "../../ui/form/typed-name.tsx";
import { Problem } from "../../ui/problem.tsx";
import { toaster } from "../../ui/toaster.tsx";
import { useAction } from "../../ui/use-action.ts";
import { revokeService, type Service, useServicesChanged } from "./queries.ts";

interface RevokeProps {
	readonly service: Service | null;
	readonly opened: boolean;
	readonly onClose: () => void;
}

/** Revokes a service for good, after its name was typed. */
export function RevokeService({ service, opened, onClose }: RevokeProps) {
	return (
		<Modal name="revoke" opened={opened} onClose={onClose} title="Revoke this service" closeButtonProps={{ "aria-label": "Close without revoking" }}>
			{service !== null && <Decide key={service.id} service={service} onClose={onClose} />}
		</Modal>
	);
}

function Decide({ service, onClose }: { service: Service; onClose: () => void }) {
	const [typed, setTyped] = useState("");
	const action = useAction();
	const confirmed = useConfirmed();
	const changed = useServicesChanged();
	async function revoke(): Promise<void> {
		const done = await action.run(() => confirmed(() => revokeService(service.id)));
		if (!done) return changed();
		toaster.done(`${service.name} is revoked: its credential is refused.`);
		onClose();
		changed();
	}
	function submit(event: FormEvent): void {
		event.preventDefault();
		void revoke();
	}
	return (
		<Stack component="form" gap="md" onSubmit={submit}>
			<Text size="sm" className="kw-wrap">
				The credential <span className="kw-mono">kws_…{service.last4}</span> is refused with 401 from the next question on, and this cannot be taken
				back. A program that still uses it can verify no key, so its API refuses every request. To replace a credential, create another service first,
				give its credential to the program, and then revoke this one.
			</Text>
			<TypedName name={service.name} id={service.id} value={typed} onChange={setTyped} />
			<Problem error={action.error} />
			<Group justify="flex-end" gap={8}>
				<Button variant="default" onClick={onClose}>
					Keep this service
				</Button>
				<Button type="submit" color="red" loading={action.pending} disabled={!isTyped(service, typed)}>
					Revoke for good
				</Button>
			</Group>
		</Stack>
	);
}
