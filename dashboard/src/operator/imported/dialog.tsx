import { Button, Group, NumberInput, Select, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { useConfirmed } from "../../access/confirm.tsx";
import { answered, api, isApiError } from "../../http/api.ts";
import { goToFirstFault } from "../../ui/first-fault.ts";
import { GuardedModal, LeaveButton } from "../../ui/form/guarded-modal.tsx";
import { Problem } from "../../ui/problem.tsx";
import { toaster } from "../../ui/toaster.tsx";
import { useAction } from "../../ui/use-action.ts";
import { ALPHABETS, alphabetFrom, formatsQuery } from "./queries.ts";

const PREFIX_CHARACTERS_MAX = 32;
const LENGTH_MIN = 16;
const LENGTH_MAX = 128;
const NAME = /^[a-z][a-z0-9_-]{0,31}$/;

interface DialogProps {
	readonly opened: boolean;
	readonly onClose: () => void;
}

/** Declares the format of another system's keys. */
export function LegacyDialog({ opened, onClose }: DialogProps) {
	return (
		<GuardedModal
			name="add"
			opened={opened}
			onClose={onClose}
			title="Add a format"
			undone="The format has not been added."
			closing="Close without adding"
		>
			<FormatForm onClose={onClose} />
		</GuardedModal>
	);
}

function FormatForm({ onClose }: { onClose: () => void }) {
	const action = useAction();
	const confirmed = useConfirmed();
	const queries = useQueryClient();
	const form = useForm({
		mode: "controlled",
		initialValues: { name: "", prefix: "", alphabet: "base62", length_min: 32, length_max: 32 },
		validate: {
			name: (name) => (NAME.test(name.trim()) ? null : "Begin with a small letter; then small letters, digits, - and _"),
			prefix: (prefix) => (/^[!-~]*$/.test(prefix) ? null : "Leave out spaces and letters with accents"),
			length_max: (length_max, { length_min }) => (Number(length_max) >= Number(length_min) ? null : "At least as many as the fewest"),
		},
	});
	async function save(): Promise<void> {
		const { name, prefix, alphabet, length_min, length_max } = form.values;
		const params = { path: { name: name.trim() } };
		const body = { prefix, alphabet: alphabetFrom(alphabet), length_min: Number(length_min), length_max: Number(length_max) };
		const done = await action.run(async () => {
			try {
				return await confirmed(() => answered(api.PUT("/api/v1/operator/legacy-formats/{name}", { params, body })));
			} catch (error) {
				if (isApiError(error))
					for (const { pointer, detail } of error.problem.errors) form.setFieldError(pointer.slice(1).replace("path/", ""), detail);
				throw error;
			}
		});
		void queries.invalidateQueries({ queryKey: formatsQuery.queryKey });
		if (!done) return;
		toaster.done(`The format ${done.name} is there; now import its keys.`);
		onClose();
	}
	const length = { min: LENGTH_MIN, max: LENGTH_MAX, allowDecimal: false, clampBehavior: "blur" } as const;
	return (
		<form
			noValidate
			onSubmit={form.onSubmit(
				() => void save(),
				(_errors, _values, event) => event && goToFirstFault(event.currentTarget),
			)}
		>
			<Stack gap="md">
				<TextInput
					label="Name"
					description="How the import command names it"
					placeholder="unkey"
					autoComplete="off"
					spellCheck={false}
					classNames={{ input: "kw-mono" }}
					data-autofocus
					{...form.getInputProps("name")}
				/>
				<TextInput
					label="Prefix"
					description="What every such key begins with, its separator included; may be empty"
					placeholder="sk_live_"
					maxLength={PREFIX_CHARACTERS_MAX}
					autoComplete="off"
					spellCheck={false}
					classNames={{ input: "kw-mono" }}
					{...form.getInputProps("prefix")}
				/>
				<Select label="Characters after the prefix" data={[...ALPHABETS]} {...form.getInputProps("alphabet")} />
				<Group grow align="flex-start">
					<NumberInput label="How many at least" {...length} {...form.getInputProps("length_min")} />
					<NumberInput label="How many at most" {...length} {...form.getInputProps("length_max")} />
				</Group>
				<Problem error={action.error} />
				<Group justify="flex-end" gap={8}>
					<LeaveButton>Close without adding</LeaveButton>
					<Button type="submit" loading={action.pending}>
						Add this format
					</Button>
				</Group>
			</Stack>
		</form>
	);
}
