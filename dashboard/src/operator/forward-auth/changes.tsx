import { Box, Button, Group, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useConfirmed } from "../../access/confirm.tsx";
import { ApiError } from "../../http/api.ts";
import { Problem } from "../../ui/problem.tsx";
import { StateBadge } from "../../ui/state-badge.tsx";
import { toaster } from "../../ui/toaster.tsx";
import { useAction } from "../../ui/use-action.ts";
import { type Change, validate } from "./draft.ts";
import { fetchRules, rulesQuery, type SavedRules, saveRules } from "./queries.ts";
import type { DraftInHand } from "./use-draft.ts";

const MARKS = { added: "+", changed: "~", moved: "↕", removed: "−" } as const satisfies Record<Change["kind"], string>;
const CHANGES_SHOWN_MAX = 12;

interface ChangesProps {
	readonly draft: DraftInHand;
	readonly saved: SavedRules;
}

const OVERTAKEN = new ApiError({
	code: "conflict",
	title: "Other rules were saved in the meantime",
	detail: "Your draft was not saved, so that it does not overwrite them. Showing them discards your draft: note your changes first.",
	status: 409,
	request_id: null,
	errors: [],
	members: {},
});

/** Lists what saving would change, with the buttons to save, undo a step or discard the draft. */
export function RulesChanges({ draft, saved }: ChangesProps) {
	const { changes, state } = draft;
	const action = useAction();
	const confirmed = useConfirmed();
	const queries = useQueryClient();

	async function save(): Promise<void> {
		const done = await action.run(async () => {
			if ((await fetchRules()).updated_at !== saved.updated_at) throw OVERTAKEN;
			try {
				return await confirmed(() => saveRules(state.entries));
			} catch (error) {
				if (error instanceof ApiError) draft.setFaults(validate(error.problem.errors, state.entries));
				throw error;
			}
		});
		if (done) {
			toaster.done(`The rules are saved: ${done.rules.length} in all. They hold from the next request on.`);
			take(done);
		}
	}
	function take(rules: SavedRules): void {
		queries.setQueryData(rulesQuery.queryKey, rules);
		draft.begin(rules);
		action.reset();
		// The focused button is removed with the draft.
		setTimeout(() => document.querySelector<HTMLElement>("[data-add]")?.focus());
	}
	async function takeTheirs(): Promise<void> {
		const theirs = await action.run(fetchRules);
		if (theirs) take(theirs);
	}

	if (changes.length === 0 && state.past.length === 0) return null;
	return (
		<Box component="section" className="kw-surface" p="lg" aria-label="Changes that are not saved">
			<Box mb="sm">
				<StateBadge meaning={changes.length > 0 ? "attention" : "resting"}>{getTitle(changes.length)}</StateBadge>
			</Box>
			<ChangeList changes={changes} />
			{action.error !== null && (
				<Box mb="sm">
					<Problem error={action.error} />
				</Box>
			)}
			<Group gap={8}>
				{changes.length > 0 && (
					<Button loading={action.pending} onClick={() => void save()}>
						Save these rules
					</Button>
				)}
				{action.error === OVERTAKEN && (
					<Button variant="default" onClick={() => void takeTheirs()}>
						Show their rules
					</Button>
				)}
				<Button variant="default" onClick={draft.undo} disabled={state.past.length === 0 || action.pending}>
					Take back the last step
				</Button>
				{changes.length > 0 && (
					<Button variant="subtle" color="gray" onClick={draft.discard} disabled={action.pending}>
						Discard all changes
					</Button>
				)}
			</Group>
		</Box>
	);
}

function getTitle(count: number): string {
	if (count === 0) return "Nothing differs from what is saved";
	return count === 1 ? "One change is not saved yet" : `${count} changes are not saved yet`;
}

function ChangeList({ changes }: { changes: readonly Change[] }) {
	if (changes.length === 0) return null;
	const more = changes.length - CHANGES_SHOWN_MAX;
	return (
		<Box component="ul" m={0} mb="sm" p={0} style={{ listStyle: "none" }} data-changes>
			{changes.slice(0, CHANGES_SHOWN_MAX).map(({ id, kind, text }) => (
				<Group key={`${id} ${kind}`} component="li" gap={8} wrap="nowrap" align="baseline">
					<span className="kw-mono" aria-hidden="true">
						{MARKS[kind]}
					</span>
					<Text size="sm" className="kw-wrap">
						{text}
					</Text>
				</Group>
			))}
			{more > 0 && (
				<Text component="li" size="sm">
					and {more} more
				</Text>
			)}
		</Box>
	);
}
