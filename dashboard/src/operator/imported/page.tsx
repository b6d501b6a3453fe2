import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Page } from "../../ui/page.tsx";
import { LegacyBoard } from "./board.tsx";
import { LegacyDialog } from "./dialog.tsx";
import { LegacyImport } from "./import.tsx";
import { formatsQuery, type LegacyFormat } from "./queries.ts";
import { LegacyRemove } from "./remove.tsx";
import { LegacyTable } from "./table.tsx";

const LEAD = "Keys that another system issued keep working here, so your customers change none on the day you move. First say what they look like.";

/** The formats of imported keys, and how to import them. */
export default function LegacyFormatsPage() {
	const { data } = useSuspenseQuery(formatsQuery);
	const [adding, setAdding] = useState(false);
	const [removing, setRemoving] = useState<LegacyFormat | null>(null);
	const [opened, setOpened] = useState(false);
	const formats = data.data;
	const add = (
		<Button leftSection={<IconPlus size={16} aria-hidden="true" />} onClick={() => setAdding(true)}>
			Add a format
		</Button>
	);
	return (
		<Page title="Keys from elsewhere" lead={LEAD} action={formats.length > 0 ? add : undefined}>
			{formats.length === 0 ? (
				<LegacyBoard add={add} />
			) : (
				<>
					<LegacyTable
						formats={formats}
						onRemove={(format) => {
							setRemoving(format);
							setOpened(true);
						}}
					/>
					<LegacyImport names={formats.map(({ name }) => name)} />
				</>
			)}
			<LegacyDialog opened={adding} onClose={() => setAdding(false)} />
			{removing !== null && <LegacyRemove opened={opened} format={removing} onClose={() => setOpened(false)} />}
		</Page>
	);
}
