import { useNavigate } from "@tanstack/react-router";
import { useRef } from "react";
import type { ApiKey } from "../../keys/queries.ts";
import { ShowOnceSheet } from "../../keys/show-once/sheet.tsx";
import { toaster } from "../../ui/toaster.tsx";
import { isOpen, type Rotation } from "../queries.ts";
import { ReplaceForm } from "./form.tsx";

const GONE = "Take the replacement back on the key's page and begin it again; where the old key has ended already, replace the key once more.";

interface SheetProps {
	readonly tenant_id: string;
	readonly apiKey: ApiKey;
	readonly opened: boolean;
}

/** Starts a rotation and waits for the first request with the new key; the rotation's page shows the rest. */
export function ReplaceSheet({ tenant_id, apiKey, opened }: SheetProps) {
	const navigate = useNavigate();
	const begun = useRef<Rotation | null>(null);
	const key_id = apiKey.id;

	function close(): void {
		const rotation = begun.current;
		begun.current = null;
		if (rotation !== null && isOpen(rotation)) {
			const params = { key_id, rotation_id: rotation.id };
			void navigate({ to: "/settings/api-access/$key_id/rotations/$rotation_id", params, search: { tenant: tenant_id }, replace: true });
			return;
		}
		if (rotation !== null) toaster.done(`${apiKey.name} is replaced: its old key is refused everywhere.`);
		void navigate({ to: "/settings/api-access/$key_id", params: { key_id }, search: { tenant: tenant_id }, replace: true });
	}

	return (
		<ShowOnceSheet
			name="replace"
			tenant_id={tenant_id}
			opened={opened}
			onClose={close}
			title={`Replace ${apiKey.name}`}
			gone={GONE}
			undone="The key has not been replaced."
			form={({ onMade, onFilled }) => (
				<ReplaceForm
					tenant_id={tenant_id}
					apiKey={apiKey}
					onFilled={onFilled}
					onMade={(made, rotation) => {
						begun.current = rotation;
						onMade(made);
					}}
				/>
			)}
		/>
	);
}
