import { Box, Button, Group, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useConfirmed } from "../../access/confirm.tsx";
import { useProfile, useSession } from "../../access/session.ts";
import { answered, api } from "../../http/api.ts";
import { Modal } from "../../ui/dialog/modal.tsx";
import { Problem } from "../../ui/problem.tsx";
import { useAction } from "../../ui/use-action.ts";
import { useKeysChanged } from "../queries.ts";
import { masked } from "../show-once/field.tsx";
import { useShownOnce } from "../show-once/secret.ts";
import { CanaryLine } from "./line.tsx";
import { CANARY_PLACES, type CanaryPlace, getFreeName } from "./places.ts";

interface DialogProps {
	readonly tenant_id: string;
	readonly opened: boolean;
	readonly onClose: () => void;
	/** Names of live keys, which a new one should not have. */
	readonly taken: readonly string[];
}

interface MadeCanary {
	readonly place: CanaryPlace;
	readonly key_id: string;
	readonly name: string;
	readonly raw_key: string;
}

/** Makes a canary key for one of three places with one click, and shows once the line to put there. */
export function CanaryDialog({ tenant_id, opened, onClose, taken }: DialogProps) {
	const { person } = useSession();
	const confirmed = useConfirmed();
	const changed = useKeysChanged(tenant_id);
	const action = useAction();
	const [making, setMaking] = useState<CanaryPlace["id"] | null>(null);
	// A canary that is lost is no loss, so leaving is not guarded.
	const { value: made, hold, drop, emptied } = useShownOnce<MadeCanary>(() => false);

	async function make(place: CanaryPlace): Promise<void> {
		setMaking(place.id);
		const body = {
			name: getFreeName(place.name, taken),
			environment: "prod",
			owner: { name: person.name, ...emailOf(person) },
			canary: true,
		} as const;
		const created = await action.run(() =>
			confirmed(() => answered(api.POST("/api/v1/tenants/{tenant_id}/api-keys", { params: { path: { tenant_id } }, body }))),
		);
		setMaking(null);
		if (!created || !("raw_key" in created)) return;
		changed();
		hold({ place, key_id: created.key.id, name: created.key.name, raw_key: created.raw_key });
	}
	function close(): void {
		drop();
		action.reset();
		onClose();
	}
	return (
		<Modal
			name="canary"
			opened={opened}
			onClose={close}
			size={560}
			closeOnClickOutside={made === null}
			title={made === null ? "Make a canary key" : `${made.name} is ready`}
			closeButtonProps={{ "aria-label": "Close" }}
		>
			{made !== null ? (
				<Shown tenant_id={tenant_id} made={made} onDone={close} />
			) : (
				<Stack gap="md">
					<Text size="sm">
						A canary key opens nothing: it is refused like an unknown key, and you are alerted with where it was used from. Put it where only a thief
						or a careless program would find it.
					</Text>
					{emptied && <Text size="sm">You left this page while a canary key was shown. It was not kept: make another, and revoke that one.</Text>}
					<Stack gap={8}>
						{CANARY_PLACES.map((place) => (
							<Group key={place.id} className="kw-choice" wrap="nowrap" gap="md" px={12} py={8} justify="space-between" style={CARD}>
								<Box miw={0}>
									<Text size="sm" fw={600}>
										{place.title}
									</Text>
									<Text size="xs" c="dimmed">
										{place.where}
									</Text>
								</Box>
								<Button
									variant="default"
									flex="none"
									loading={making === place.id && action.pending}
									disabled={action.pending && making !== place.id}
									aria-label={`Make one for ${place.title.toLowerCase()}`}
									onClick={() => void make(place)}
								>
									Make one
								</Button>
							</Group>
						))}
					</Stack>
					<Problem error={action.error} />
				</Stack>
			)}
		</Modal>
	);
}

const CARD = { border: "1px solid var(--kw-hairline)", borderRadius: 8 } as const;

function emailOf({ email }: { readonly email: string | null }): { email?: string } {
	return email === null ? {} : { email };
}

function Shown({ tenant_id, made, onDone }: { tenant_id: string; made: MadeCanary; onDone: () => void }) {
	const { place, key_id, raw_key } = made;
	const profile = useProfile();
	const changed = useKeysChanged(tenant_id);
	const action = useAction();
	const lineWith = (text: string): string => place.line(profile?.product_name ?? "The", text);
	async function stored(): Promise<void> {
		const body = place.id === "secret_manager" ? { place: "secret_manager" as const } : { place: "other" as const, note: place.title };
		const params = { path: { tenant_id, key_id } };
		const done = await action.run(async () => {
			await answered(api.PUT("/api/v1/tenants/{tenant_id}/api-keys/{key_id}/kept-in", { params, body }));
			return true;
		});
		if (!done) return;
		changed();
		onDone();
	}
	return (
		<Stack gap="md">
			<Text size="sm">This is the only time that it can be seen. {place.where}</Text>
			<CanaryLine line={lineWith(raw_key)} hidden={lineWith(masked(raw_key))} />
			<Problem error={action.error} />
			<Group gap={8} justify="flex-end">
				<Button variant="default" onClick={onDone}>
					Close
				</Button>
				<Button variant="light" loading={action.pending} onClick={() => void stored()}>
					It is there now
				</Button>
			</Group>
		</Stack>
	);
}
