import { Box, Button, Group, SimpleGrid, Skeleton, Text, TextInput } from "@mantine/core";
import { IconPencil, IconSearch } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { useAccess } from "../../access/session.ts";
import { answered, api } from "../../http/api.ts";
import { Section } from "../../ui/page.tsx";
import { Problem } from "../../ui/problem.tsx";
import { Time } from "../../ui/time.tsx";
import { useAction } from "../../ui/use-action.ts";
import { formatRequests } from "../../usage/ranges.ts";
import { type ApiKey, type Source, sourcesQuery } from "../queries.ts";
import { formatNetwork, formatProgram, formatSecretStatus } from "../text.ts";

const NAME_CHARACTERS_MAX = 200;
const SHOWN_MAX = 6;
const count = new Intl.NumberFormat("en");

interface SourcesProps {
	readonly tenant_id: string;
	readonly apiKey: ApiKey;
}

/** The clients that use the key, each with the name that the tenant gave it. */
export function KeySources({ tenant_id, apiKey }: SourcesProps) {
	const { data, error } = useQuery(sourcesQuery(tenant_id, apiKey.id));
	const sources = data?.data ?? null;
	return (
		<Section title="Used from">
			<Text size="sm" c="dimmed" mb="sm">
				Each client that presents this key. Give the ones you know a name, such as Order server: when the key is replaced or something is refused, you
				read that name and know whom to tell.
			</Text>
			{sources === null &&
				(error === null ? <Skeleton height={64} role="status" aria-busy="true" aria-label="Loading" /> : <Problem error={error} />)}
			{sources?.length === 0 && (
				<Text size="sm">Nowhere yet. The first request shows here which network it came from and what kind of program made it.</Text>
			)}
			{sources !== null && sources.length > 0 && <Sources tenant_id={tenant_id} apiKey={apiKey} sources={sources} />}
		</Section>
	);
}

/** The latest clients; a search finds the others, and all are shown on request, so that many clients do not make the page long. */
function Sources({ tenant_id, apiKey, sources }: SourcesProps & { sources: readonly Source[] }) {
	const [all, setAll] = useState(false);
	const [text, setText] = useState("");
	const found = sources.filter((source) => isFoundBy(source, text));
	const shown = all || sources.length <= SHOWN_MAX ? found : found.slice(0, SHOWN_MAX);
	return (
		<>
			{sources.length > SHOWN_MAX && (
				<TextInput
					aria-label="Search clients"
					placeholder="Name, program, network"
					leftSection={<IconSearch size={16} aria-hidden="true" />}
					maw={300}
					mb="sm"
					value={text}
					onChange={(event) => setText(event.currentTarget.value)}
				/>
			)}
			<ul style={{ margin: 0, padding: 0, listStyle: "none" }} data-sources>
				{shown.map((source) => (
					<OneSource key={source.id} tenant_id={tenant_id} apiKey={apiKey} source={source} />
				))}
			</ul>
			{found.length === 0 && <Text size="sm">No client matches.</Text>}
			{sources.length > SHOWN_MAX && (
				<Group justify="space-between" mt="sm">
					<Text size="sm" c="dimmed" role="status" className="kw-figures">
						{shown.length} of {sources.length} clients
					</Text>
					{(shown.length < found.length || text !== "" || all) && (
						<Button
							variant="subtle"
							size="compact-sm"
							onClick={() => {
								setText("");
								setAll(!all || text !== "");
							}}
						>
							{all && text === "" ? "Show fewer clients" : `Show all ${sources.length} clients`}
						</Button>
					)}
				</Group>
			)}
		</>
	);
}

/** Whether the text is part of the client's name, program, instance or network. */
function isFoundBy(source: Source, text: string): boolean {
	const wanted = text.trim().toLowerCase();
	const parts = [source.name ?? "", source.client ?? "", formatProgram(source.agent), formatNetwork(source.network)];
	return parts.some((part) => part.toLowerCase().includes(wanted));
}

function OneSource({ tenant_id, apiKey, source }: SourcesProps & { source: Source }) {
	return (
		<Box component="li" py="sm" style={{ borderTop: "1px solid var(--kw-hairline)" }} data-source={source.id}>
			<SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md" verticalSpacing={8}>
				<Box miw={0}>
					<SourceName tenant_id={tenant_id} key_id={apiKey.id} source={source} />
					<Text size="sm" c="dimmed" className="kw-wrap">
						<span className="kw-mono">{formatNetwork(source.network)}</span> · {formatProgram(source.agent)}
						{source.client !== null && ` · ${source.client}`}
					</Text>
				</Box>
				<Box miw={0}>
					<Text size="sm" className="kw-figures">
						{formatRequests(source.requests)}
						{source.refused > 0 && `, ${count.format(source.refused)} refused`}
						{", with "}
						<span className="kw-mono">{formatSecretStatus(apiKey.secrets, source.last_kid)}</span>
					</Text>
					<Text size="sm" c="dimmed">
						Last <Time value={source.last_seen_at} />, first <Time value={source.first_seen_at} />
					</Text>
				</Box>
			</SimpleGrid>
		</Box>
	);
}

/** The label of a client without a given name. */
function formatCall({ client, agent }: Source): string {
	return client ?? formatProgram(agent);
}

/** Describes the client that is being named. */
function formatCover(source: Source): string {
	const covers = `For whatever calls as ${formatCall(source)} from ${formatNetwork(source.network)}, with any of your keys.`;
	return source.told_apart ? covers : `${covers} Several programs may look like this one.`;
}

function SourceName({ tenant_id, key_id, source }: { tenant_id: string; key_id: string; source: Source }) {
	const { may } = useAccess();
	const [editing, setEditing] = useState(false);
	const opener = useRef<HTMLButtonElement>(null);
	const wasEditing = useRef(false);
	useEffect(() => {
		if (wasEditing.current && !editing) opener.current?.focus();
		wasEditing.current = editing;
	}, [editing]);
	if (editing) return <NameForm tenant_id={tenant_id} key_id={key_id} source={source} onClose={() => setEditing(false)} />;
	return (
		<Group gap={8}>
			<Text fw={500} className="kw-wrap" {...(source.name === null ? { c: "dimmed" } : {})}>
				{source.name ?? "Not named"}
			</Text>
			{may.manage_keys && source.network !== "other" && (
				<Button
					ref={opener}
					variant="subtle"
					size="compact-xs"
					leftSection={<IconPencil size={14} aria-hidden="true" />}
					aria-label={source.name === null ? `Give ${formatCall(source)} at ${formatNetwork(source.network)} a name` : `Rename ${source.name}`}
					onClick={() => setEditing(true)}
				>
					{source.name === null ? "Give it a name" : "Rename"}
				</Button>
			)}
		</Group>
	);
}

function NameForm({ tenant_id, key_id, source, onClose }: { tenant_id: string; key_id: string; source: Source; onClose: () => void }) {
	const [name, setName] = useState(source.name ?? source.client ?? "");
	const action = useAction();
	const queries = useQueryClient();
	async function put(given: string | null): Promise<void> {
		const path = { tenant_id, source_id: source.id };
		const done = await action.run(async () => {
			await answered(api.PUT("/api/v1/tenants/{tenant_id}/sources/{source_id}", { params: { path }, body: { name: given } }));
			await queries.invalidateQueries({ queryKey: sourcesQuery(tenant_id, key_id).queryKey });
			return true;
		});
		if (done) onClose();
	}
	function save(event: FormEvent): void {
		event.preventDefault();
		if (name.trim() !== "") void put(name.trim());
	}
	return (
		<form onSubmit={save}>
			<TextInput
				label="Name of this client"
				description={formatCover(source)}
				placeholder="Order server"
				autoFocus
				maxLength={NAME_CHARACTERS_MAX}
				value={name}
				onChange={(event) => setName(event.currentTarget.value)}
				onKeyDown={(event) => event.key === "Escape" && onClose()}
			/>
			<Group gap={8} mt={8} mb={8}>
				<Button type="submit" size="compact-sm" loading={action.pending} disabled={name.trim() === ""}>
					Save the name
				</Button>
				<Button variant="default" size="compact-sm" onClick={onClose}>
					Cancel
				</Button>
				{source.name !== null && (
					<Button variant="subtle" size="compact-sm" disabled={action.pending} onClick={() => void put(null)}>
						Take the name away
					</Button>
				)}
			</Group>
			<Problem error={action.error} />
		</form>
	);
}
