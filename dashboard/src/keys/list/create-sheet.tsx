import { CreateKey } from "../create/create-key.tsx";
import { ShowOnceSheet } from "../show-once/sheet.tsx";

interface CreateSheetProps {
	readonly tenant_id: string;
	readonly opened: boolean;
	readonly onClose: () => void;
}

/** Creates a key and hands it over or shows it once. A file of its own, so that the list does not wait for the form. */
export function CreateSheet({ tenant_id, ...sheet }: CreateSheetProps) {
	return (
		<ShowOnceSheet
			name="create"
			tenant_id={tenant_id}
			{...sheet}
			title="Create a key"
			undone="The key has not been created."
			form={(form) => <CreateKey tenant_id={tenant_id} {...form} />}
		/>
	);
}
