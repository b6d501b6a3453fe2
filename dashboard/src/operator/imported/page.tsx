import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useDialog, useKept, useStaying } from "../../ui/dialog/use-dialog.ts";
import { Page } from "../../ui/page.tsx";
import { LegacyBoard } from "./board.tsx";
import { LegacyDialog } from "./dialog.tsx";
import { LegacyImport } from "./import.tsx";
import { formatsQuery } from "./queries.ts";
import { LegacyRemove } from "./remove.tsx";
import { LegacyTable } from "./table.tsx";

const LEAD = "Keys that another system issued keep working here, so your customers change none on the day you move. First say what they look like.";

/** The formats of imported keys, and how to import them. */
export default function LegacyFormatsPage() {
	const { data } = useSuspenseQuery(formatsQuery);
	const adding = useDialog("add");
	const removal = useDialog("delete");
	const formats = data.data;
	const asked = formats.find(({ name }) => name === removal.of);
	const removing = useKept(asked);
	const removes = useStaying(removal.opened, asked !== undefined);
	const add = (
		<Button leftSection={<IconPlus size={16} aria-hidden="true" />} onClick={() => adding.open()}>
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
							removal.open(format.name);
						}}
					/>
					<LegacyImport names={formats.map(({ name }) => name)} />
				</>
			)}
			<LegacyDialog opened={adding.opened} onClose={adding.close} />
			{removing !== null && <LegacyRemove opened={removes} format={removing} onClose={removal.close} />}
		</Page>
	);
}
