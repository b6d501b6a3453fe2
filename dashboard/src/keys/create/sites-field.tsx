import { Box, MultiSelect, Select, Text } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { useState } from "react";
import type { Site } from "../../tenants/site-queries.ts";
import { FieldAside } from "../../ui/form/field-aside.tsx";
import { ENVIRONMENT_WORDS } from "../words.ts";
import { type CreateValues, usableSites } from "./values.ts";

const ALL = "all";
const SEVERAL = "several";
const COUNT_WIDTH_PX = 84;

interface SitesProps {
	readonly form: UseFormReturnType<CreateValues>;
	readonly sites: readonly Site[];
}

function formatName({ id, name }: Site): string {
	return name === id ? id : `${name} (${id})`;
}

/** "1 of 14" at the right of the field. */
function counting(chosen: number, of: number) {
	return {
		rightSection: <FieldAside>{`${chosen} of ${of}`}</FieldAside>,
		rightSectionWidth: COUNT_WIDTH_PX,
		rightSectionPointerEvents: "none" as const,
	};
}

/** The sites of a new key: one, all, or several of its environment. */
export function SitesField({ form, sites }: SitesProps) {
	const { environment, site_ids } = form.values;
	const [several, setSeveral] = useState(false);
	const usable = usableSites(sites, environment);
	const shown = site_ids === null ? ALL : several || site_ids.length !== 1 ? SEVERAL : (site_ids[0] ?? SEVERAL);
	const word = ENVIRONMENT_WORDS[environment].name.toLowerCase();
	function choose(value: string | null): void {
		setSeveral(value === SEVERAL);
		if (value === SEVERAL) form.setFieldValue("site_ids", site_ids ?? []);
		else form.setFieldValue("site_ids", value === ALL || value === null ? null : [value]);
	}
	return (
		<Box>
			<Select
				label="At which sites?"
				data={[
					{ value: ALL, label: "All sites, also those to come" },
					...usable.map((site) => ({ value: site.id, label: formatName(site) })),
					...(usable.length > 1 ? [{ value: SEVERAL, label: "Several of them" }] : []),
				]}
				searchable={usable.length > 8}
				value={shown}
				onChange={choose}
				{...(shown === SEVERAL ? {} : { error: form.errors.site_ids })}
				{...(usable.length === 0 ? {} : counting(site_ids === null ? usable.length : site_ids.length, usable.length))}
			/>
			{shown === SEVERAL && (
				<MultiSelect
					mt={8}
					aria-label="Sites"
					placeholder={site_ids?.length === 0 ? "Choose sites" : ""}
					searchable
					data={usable.map((site) => ({ value: site.id, label: formatName(site) }))}
					value={[...(site_ids ?? [])]}
					onChange={(chosen) => form.setFieldValue("site_ids", chosen)}
					error={form.errors.site_ids}
				/>
			)}
			{usable.length === 0 && (
				<Text size="xs" c="dimmed" mt={4}>
					There is no site for {word} yet.
				</Text>
			)}
		</Box>
	);
}
