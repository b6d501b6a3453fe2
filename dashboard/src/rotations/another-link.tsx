import { Button, Stack, Text, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useRef, useState } from "react";
import { useConfirmed } from "../access/confirm.tsx";
import { useSession } from "../access/session.ts";
import { answered, api } from "../http/api.ts";
import { type Made, ShowOnceSheet } from "../keys/show-once/sheet.tsx";
import { Problem } from "../ui/problem.tsx";
import { useAction } from "../ui/use-action.ts";
import type { RotationProps } from "./props.ts";
import type { Rotation } from "./queries.ts";
import { madeFrom } from "./replace/made.tsx";

const ONE = "/api/v1/tenants/{tenant_id}/api-keys/{key_id}";
const EMAIL_CHARACTERS_MAX = 254;

interface AnotherProps extends RotationProps {
	readonly opened: boolean;
	readonly onClose: () => void;
}

/** Creates another link to the new key while the current one is unused: cancels the rotation and starts an equal one. */
export function AnotherLink({ opened, onClose, ...props }: AnotherProps) {
	const { tenant_id, apiKey } = props;
	const navigate = useNavigate();
	const begun = useRef<Rotation | null>(null);
	function close(): void {
		onClose();
		if (begun.current === null) return;
		const params = { key_id: apiKey.id, rotation_id: begun.current.id };
		begun.current = null;
		void navigate({ to: "/settings/api-access/$key_id/rotations/$rotation_id", params, search: { tenant: tenant_id }, replace: true });
	}
	return (
		<ShowOnceSheet
			name="another-link"
			tenant_id={tenant_id}
			opened={opened}
			onClose={close}
			title="Make another link"
			form={({ onMade }) => (
				<AnotherForm
					{...props}
					onMade={(made, rotation) => {
						begun.current = rotation;
						onMade(made);
					}}
				/>
			)}
		/>
	);
}

function AnotherForm({ tenant_id, apiKey, rotation, onMade }: RotationProps & { onMade: (made: Made, rotation: Rotation) => void }) {
	const { mail } = useSession();
	const [email, setEmail] = useState(rotation.handover?.email ?? "");
	const confirmed = useConfirmed();
	const action = useAction();
	const path = { tenant_id, key_id: apiKey.id };

	async function make(event: FormEvent): Promise<void> {
		event.preventDefault();
		const { overlap_seconds } = rotation;
		const address = mail ? email.trim() : "";
		const body = { ...(overlap_seconds === null ? {} : { overlap_seconds }), handover: address === "" ? {} : { email: address } };
		const made = await action.run(() =>
			confirmed(async () => {
				await answered(api.POST(`${ONE}/rotations/{rotation_id}/cancel`, { params: { path: { ...path, rotation_id: rotation.id } }, body: {} }));
				return answered(api.POST(`${ONE}/rotate`, { params: { path }, body }));
			}),
		);
		if (made) onMade(madeFrom(tenant_id, made), made.rotation);
	}
	return (
		<form noValidate onSubmit={(event) => void make(event)}>
			<Stack gap="lg">
				<Text size="sm">
					The previous link never works again. Everything else stays as you chose it: how long the old key keeps working, and for which key.
				</Text>
				{mail && (
					<TextInput
						label="Send the link to"
						description="Optional: an e-mail address. You get the link to copy in any case."
						type="email"
						autoComplete="off"
						maxLength={EMAIL_CHARACTERS_MAX}
						value={email}
						onChange={(event) => setEmail(event.currentTarget.value)}
					/>
				)}
				<Problem error={action.error} />
				<Button type="submit" loading={action.pending}>
					Make another link
				</Button>
			</Stack>
		</form>
	);
}
