import { Button, ColorInput, FileButton, Group, Select, SimpleGrid, Stack, Text, TextInput, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { useConfirmed } from "../../access/confirm.tsx";
import { goToFirstFault } from "../../ui/first-fault.ts";
import { Problem } from "../../ui/problem.tsx";
import { toaster } from "../../ui/toaster.tsx";
import { useAction } from "../../ui/use-action.ts";
import { putProfile, useProfileChanged } from "./queries.ts";
import { faultsFrom, inputFrom, type ProfileValues, valuesFrom } from "./values.ts";

const NAME_CHARACTERS_MAX = 200;
const ADDRESS_CHARACTERS_MAX = 2_000;
const LOGO_BYTES_MAX = 65_536;
const METHODS = ["GET", "HEAD", "POST"];
const SWATCHES = ["#4263eb", "#0f766e", "#9c36b5", "#c2410c", "#b42318", "#1b2029"];

const ADDRESSES = [
	{ field: "documentation_url", label: "Documentation", placeholder: "https://docs.example.com" },
	{ field: "support_url", label: "Support", placeholder: "https://example.com/support" },
	{ field: "status_url", label: "Status page", placeholder: "https://status.example.com" },
	{ field: "upgrade_url", label: "Larger plans", placeholder: "https://example.com/plans" },
] as const;

/** By the API's pointers. */
const LABELS = {
	"/product_name": "Name of your product",
	"/api_base_url": "Where your API is",
	"/check_request": "Check request",
	"/check_request/method": "Check request",
	"/check_request/path": "Path of the check request",
	"/error_base_url": "Where error types begin",
	"/accent_color": "Colour",
	"/logo_url": "Logo",
	...Object.fromEntries(ADDRESSES.map(({ field, label }) => [`/${field}`, label])),
};

interface FormProps {
	readonly initial: ProfileValues;
	/** Called with each change, for the preview. */
	readonly onValues: (values: ProfileValues) => void;
}

export function ProfileForm({ initial, onValues }: FormProps) {
	const action = useAction();
	const confirmed = useConfirmed();
	const changed = useProfileChanged();
	const [logo_fault, setLogoFault] = useState<string | null>(null);
	const form = useForm<ProfileValues>({ mode: "controlled", initialValues: initial, onValuesChange: onValues });
	async function save(fields: HTMLFormElement | null): Promise<void> {
		let faults = {};
		const saved = await action.run(async () => {
			try {
				return await confirmed(() => putProfile(inputFrom(form.values)));
			} catch (error) {
				faults = faultsFrom(error);
				throw error;
			}
		});
		form.setErrors(faults);
		if (!saved) return fields === null ? undefined : goToFirstFault(fields);
		form.setInitialValues(valuesFrom(saved));
		form.setValues(valuesFrom(saved));
		changed();
		toaster.done("The API profile is saved. Pages and examples use it from now on.");
	}
	async function chooseLogo(file: File | null): Promise<void> {
		if (file === null) return;
		if (file.size > LOGO_BYTES_MAX) return setLogoFault("Choose an image of at most 64 KiB.");
		setLogoFault(null);
		form.setFieldValue("logo_url", await readDataUrl(file));
	}
	return (
		<form noValidate onSubmit={form.onSubmit((_values, event) => void save(event?.currentTarget ?? null))}>
			<Stack gap="md">
				<TextInput label="Name of your product" maxLength={NAME_CHARACTERS_MAX} autoComplete="off" {...form.getInputProps("product_name")} />
				<TextInput
					label="Where your API is"
					description="The beginning of every address in the examples"
					maxLength={ADDRESS_CHARACTERS_MAX}
					autoComplete="off"
					spellCheck={false}
					classNames={{ input: "kw-mono" }}
					{...form.getInputProps("api_base_url")}
				/>
				<Group gap={8} align="flex-end" wrap="nowrap">
					<Select label="Check request" data={METHODS} w={108} {...form.getInputProps("check_method")} />
					<TextInput
						label="Path of the check request"
						flex={1}
						autoComplete="off"
						spellCheck={false}
						classNames={{ input: "kw-mono" }}
						{...form.getInputProps("check_path")}
					/>
				</Group>
				<Text fz={12} c="dimmed" mt={-8}>
					The request with which a new key is tried. <span className="kw-mono">{"{tenant_id}"}</span> stands for the tenant's id.
				</Text>
				<Title order={3}>Links</Title>
				<SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm" verticalSpacing="md">
					{ADDRESSES.map(({ field, label, placeholder }) => (
						<TextInput
							key={field}
							label={label}
							placeholder={placeholder}
							maxLength={ADDRESS_CHARACTERS_MAX}
							autoComplete="off"
							spellCheck={false}
							{...form.getInputProps(field)}
						/>
					))}
				</SimpleGrid>
				<TextInput
					label="Where error types begin"
					description="An error's type is this, a slash and the code"
					maxLength={ADDRESS_CHARACTERS_MAX}
					autoComplete="off"
					spellCheck={false}
					classNames={{ input: "kw-mono" }}
					{...form.getInputProps("error_base_url")}
				/>
				<Title order={3}>Look</Title>
				<ColorInput
					label="Colour"
					description="Dark enough for white text; empty for ours"
					swatches={SWATCHES}
					format="hex"
					withPicker={false}
					withEyeDropper={false}
					{...form.getInputProps("accent_color")}
				/>
				<Group gap={8}>
					<FileButton accept="image/png,image/jpeg,image/webp" onChange={(file) => void chooseLogo(file)} inputProps={{ "aria-label": "Logo file" }}>
						{(props) => (
							<Button variant="default" {...props}>
								{form.values.logo_url === "" ? "Choose a logo" : "Choose another logo"}
							</Button>
						)}
					</FileButton>
					{form.values.logo_url !== "" && (
						<Button variant="subtle" onClick={() => form.setFieldValue("logo_url", "")}>
							Remove the logo
						</Button>
					)}
					<Text fz={12} c="dimmed">
						PNG, JPEG or WebP, at most 64 KiB
					</Text>
				</Group>
				{(logo_fault ?? form.errors.logo_url) && (
					<Text fz={12} c="var(--mantine-color-error)" role="alert">
						{logo_fault ?? form.errors.logo_url}
					</Text>
				)}
				<Problem error={action.error} labels={LABELS} />
				<Group justify="flex-end" gap={8} className="kw-profile-foot">
					<Button variant="default" disabled={!form.isDirty()} onClick={() => form.reset()}>
						Take the changes back
					</Button>
					<Button type="submit" loading={action.pending} disabled={!form.isDirty()}>
						Save the API profile
					</Button>
				</Group>
			</Stack>
		</form>
	);
}

function readDataUrl(file: File): Promise<string> {
	return new Promise((resolve, reject) => {
		const reader = new FileReader();
		reader.onload = () => resolve(typeof reader.result === "string" ? reader.result : "");
		reader.onerror = () => reject(reader.error);
		reader.readAsDataURL(file);
	});
}
