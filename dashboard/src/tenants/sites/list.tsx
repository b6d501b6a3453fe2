import { Box, Button, Group, Text, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useInfiniteQuery, useQueries } from "@tanstack/react-query";
import { type RefObject, useMemo, useState } from "react";
import { FailurePage } from "../../ui/failure-page.tsx";
import { useKeepFocus } from "../../ui/keep-focus.ts";
import { type Site, siteActivityQuery, siteListQuery } from "../site-queries.ts";
import { SitesTable } from "./table.tsx";

const TYPED_MS = 250;
const TEXT_CHARACTERS_MAX = 200;
const SEARCH_WIDTH_PX = 272;

interface ListProps {
	readonly tenant_id: string;
	readonly search: string;
	readonly onSearch: (next: string) => void;
	/** What is used of the plan's sites. */
	readonly used: string | null;
	/** Takes the focus when the row that had it is gone. */
	readonly region: RefObject<HTMLDivElement | null>;
	readonly onEdit: ((site: Site) => void) | null;
	readonly onDelete: ((site: Site) => void) | null;
}

/** The tenant's sites with a search by name or id. */
export function SitesList({ tenant_id, search, onSearch, used, region, onEdit, onDelete }: ListProps) {
	const [text, setText] = useState(search);
	useKeepFocus(region);
	const find = useDebouncedCallback((typed: string) => onSearch(typed.trim()), TYPED_MS);
	const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage, isPlaceholderData } = useInfiniteQuery(siteListQuery(tenant_id, search));
	const pages = data?.pages ?? [];
	const sites = pages.flatMap((page) => page.data);
	const activity = useQueries({
		queries: pages.map((page) =>
			siteActivityQuery(
				tenant_id,
				page.data.map(({ id }) => id),
			),
		),
	});
	const answers = activity.flatMap((answer) => (answer.data === undefined ? [] : [answer.data]));
	const loaded = answers.length;
	// biome-ignore lint/correctness/useExhaustiveDependencies: the answers are new arrays at each render; their times say whether they changed
	const use = useMemo(
		() => (loaded === 0 ? undefined : new Map(answers.flatMap((answer) => answer.data.map((entry) => [entry.site_id, entry] as const)))),
		[loaded, ...activity.map(({ dataUpdatedAt }) => dataUpdatedAt)],
	);
	const everywhere = answers[0]?.keys_everywhere ?? 0;
	if (error !== null && data === undefined) return <FailurePage error={error} />;
	return (
		<>
			<Group gap={8} role="search" aria-label="Sites" mih={36}>
				<TextInput
					aria-label="Search by name or id"
					placeholder="Name or id"
					leftSection={<IconSearch size={16} aria-hidden="true" />}
					w={{ base: "100%", xs: SEARCH_WIDTH_PX }}
					value={text}
					maxLength={TEXT_CHARACTERS_MAX}
					onChange={(event) => {
						setText(event.currentTarget.value);
						find(event.currentTarget.value);
					}}
				/>
				{used !== null && (
					<Text size="sm" c="dimmed" flex={1} ta={{ base: "left", xs: "right" }} className="kw-wrap" data-used>
						{used}
					</Text>
				)}
			</Group>
			<Box
				ref={region}
				tabIndex={-1}
				className="kw-surface"
				data-stale={isPlaceholderData || undefined}
				style={{ overflow: "hidden", outline: "none" }}
			>
				{data !== undefined && sites.length > 0 && <SitesTable sites={sites} use={use} onEdit={onEdit} onDelete={onDelete} />}
				{data !== undefined && sites.length === 0 && (
					<Group px="md" h={60} gap="sm" role="status">
						<Text size="sm" fw={500}>
							No site matches
						</Text>
						<Button
							variant="default"
							size="xs"
							onClick={() => {
								setText("");
								onSearch("");
							}}
						>
							Show all sites
						</Button>
					</Group>
				)}
				{everywhere > 0 && (
					<Text size="xs" c="dimmed" px="md" py={10} className="kw-foot" data-everywhere>
						{everywhere === 1
							? "1 key is bound to no site and works at all of them."
							: `${everywhere} keys are bound to no site and work at all of them.`}
					</Text>
				)}
			</Box>
			{hasNextPage && (
				<Group justify="center">
					<Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
						Show more sites
					</Button>
				</Group>
			)}
		</>
	);
}
