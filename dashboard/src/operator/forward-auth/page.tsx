import { Box, Button, Grid, Group, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useDialog } from "../../ui/dialog/use-dialog.ts";
import { Page, Section } from "../../ui/page.tsx";
import { RulesBoard } from "./board.tsx";
import { RulesChanges } from "./changes.tsx";
import { type Entry, validate } from "./draft.ts";
import { LeaveDraft } from "./leave-draft.tsx";
import { rulesQuery } from "./queries.ts";
import { NEW_RULE, type Rule } from "./rule.ts";
import { RuleSheet } from "./rule-sheet.tsx";
import { RulesTable } from "./table.tsx";
import { Tester } from "./tester.tsx";
import { useDraft } from "./use-draft.ts";

const LEAD =
	"Your proxy asks Keywright about each request before your API gets it. These rules say what a key needs for which path; the first that fits decides.";

/** The state of the sheet: null while closed or closing; `entry` null to add a rule. */
interface Opened {
	readonly entry: Entry | null;
	readonly number: number;
}

/** The forward-auth rules, edited as one draft that can be tested and is saved as a whole. */
export default function ForwardAuthPage() {
	const { data: saved } = useSuspenseQuery(rulesQuery);
	const draft = useDraft(saved);
	const [sheet, setSheet] = useState<Opened>({ entry: null, number: 1 });
	const dialog = useDialog("rule");
	const { entries } = draft.state;
	const isEmpty = entries.length === 0 && draft.changes.length === 0;

	/** The address has the place of the rule in the list; a new one is at the end. */
	function open(entry: Entry | null): void {
		dialog.open(entry === null ? undefined : String(entries.indexOf(entry) + 1));
	}
	const asked = dialog.of === null ? null : entries[Number(dialog.of) - 1];
	if (dialog.opened && asked !== undefined && asked !== sheet.entry)
		setSheet({ entry: asked, number: asked === null ? entries.length + 1 : entries.indexOf(asked) + 1 });
	function keep(rule: Rule): void {
		if (sheet.entry === null) draft.add(rule);
		else draft.replace(sheet.entry.id, rule);
		dialog.close();
	}
	const add = (
		<Button data-add leftSection={<IconPlus size={16} aria-hidden="true" />} onClick={() => open(null)}>
			Add a rule
		</Button>
	);
	return (
		<Page title="Forwarded requests" lead={LEAD} action={add}>
			<RulesChanges draft={draft} saved={saved} />
			<Grid gap="lg" align="flex-start">
				<Grid.Col span={{ base: 12, lg: 8 }} miw={0}>
					{isEmpty ? (
						<RulesBoard />
					) : (
						<RulesTable
							entries={entries}
							faults={draft.faults}
							onEdit={open}
							onMove={(entry, by) => draft.move(entry.id, by)}
							onRemove={(entry) => draft.remove(entry.id)}
						/>
					)}
					{!isEmpty && <AfterAll empty={entries.length === 0} />}
				</Grid.Col>
				<Grid.Col span={{ base: 12, lg: 4 }} miw={0}>
					<Section title="What would this request get?">
						<Tester entries={entries} changed={draft.changes.length > 0} onFaults={(errors) => draft.setFaults(validate(errors, entries))} />
					</Section>
				</Grid.Col>
			</Grid>
			<RuleSheet
				opened={dialog.opened && asked !== undefined}
				rule={sheet.entry?.rule ?? NEW_RULE}
				number={sheet.number}
				faults={sheet.entry === null ? [] : (draft.faults.get(sheet.entry.id) ?? [])}
				onClose={dialog.close}
				onKeep={keep}
			/>
			<LeaveDraft unsaved={draft.changes.length > 0} />
		</Page>
	);
}

/** What happens to requests that match no rule. */
function AfterAll({ empty }: { empty: boolean }) {
	return (
		<Group mt="sm" wrap="nowrap" align="flex-start" gap={8}>
			<Box pt={2}>
				<Text size="sm" c="dimmed" aria-hidden="true">
					∗
				</Text>
			</Box>
			<Text size="sm" c="dimmed">
				{empty
					? "Without a rule every path is open to every key that works: the key is checked, and nothing else."
					: "Everything else is refused as not found (404), once its key has been checked."}
			</Text>
		</Group>
	);
}
