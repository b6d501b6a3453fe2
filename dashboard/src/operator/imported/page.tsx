import { Box, Button, Text, Title } from "@mantine/core";
import { IconPackageImport, IconPlus } from "@tabler/icons-react";
import { useSuspenseQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useDialog, useKept, useStaying } from "../../ui/dialog/use-dialog.ts";
import { Page } from "../../ui/page.tsx";
import { LegacyDialog } from "./dialog.tsx";
import { LegacyImport } from "./import.tsx";
import { formatsQuery } from "./queries.ts";
import { LegacyRemove } from "./remove.tsx";
import { LegacyTable } from "./table.tsx";

const BOARD_WIDTH_PX = 600;

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

/** Shown instead of an empty table: how to import keys. */
function LegacyBoard({ add }: { add: ReactNode }) {
	return (
		<Box className="kw-surface" p="xl" data-board>
			<IconPackageImport size={28} stroke={1.6} aria-hidden="true" />
			<Title order={2} mt="sm">
				No keys from elsewhere
			</Title>
			<Text mt={4} maw={BOARD_WIDTH_PX}>
				You have issued keys before, with another product or your own code, and kept their SHA-256 hashes? Say what these keys look like, then import
				the hashes. Each key works unchanged from then on, is limited and revoked like every other, and is shown to its owner as due for replacement.
			</Text>
			<Text mt="sm" mb="md" c="dimmed" maw={BOARD_WIDTH_PX}>
				The keys themselves are not needed, and a bare hash is not what is stored here.
			</Text>
			{add}
		</Box>
	);
}
