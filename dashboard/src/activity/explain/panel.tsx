import "./explain.css";
import { ActionIcon, Box, Button, Group, Skeleton, Text, Title, VisuallyHidden } from "@mantine/core";
import { IconCopy, IconLink, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { isApiError } from "../../http/api.ts";
import { copyText } from "../../ui/copy-button.tsx";
import { PanelBody, SidePanel } from "../../ui/panel/side-panel.tsx";
import { Problem } from "../../ui/problem.tsx";
import { toaster } from "../../ui/toaster.tsx";
import { type Explanation, explainQuery } from "../queries.ts";
import { Explained } from "./explained.tsx";

const KEPT = { proven: "Kept 30 days", unproven: "Kept 7 days" } as const;

interface PanelProps {
	readonly tenant_id: string;
	readonly request_id: string;
	/** Whether the focus moves into the panel; false while it follows the rows of the list. */
	readonly takes_focus: boolean;
	readonly opener: () => HTMLElement | null;
	/** The address of this explanation, for others. */
	readonly link: string;
	readonly onClose: () => void;
}

async function copy(text: string, noted: string): Promise<void> {
	if (await copyText(text)) toaster.noted(noted);
	else toaster.failed("Nothing was copied", "The browser does not allow it. Copy the address of this page instead.");
}

/** Why one request was refused, beside the list. */
export function ExplainPanel({ tenant_id, request_id, takes_focus, opener, link, onClose }: PanelProps) {
	const { data, error } = useQuery(explainQuery(tenant_id, request_id));
	return (
		<SidePanel label="Explain a request" of={request_id} takes_focus={takes_focus} opener={opener} onClose={onClose}>
			<Group className="kw-explain-head" wrap="nowrap" gap={8}>
				<Title order={2} fz={14}>
					Explain
				</Title>
				<span className="kw-mono kw-explain-id" title={request_id}>
					{request_id}
				</span>
				<ActionIcon
					variant="subtle"
					color="gray"
					aria-label="Copy the request id"
					onClick={() => void copy(request_id, "The request id is in the clipboard.")}
				>
					<IconCopy size={16} aria-hidden="true" />
				</ActionIcon>
				<ActionIcon variant="subtle" color="gray" aria-label="Close the explanation" onClick={onClose}>
					<IconX size={18} aria-hidden="true" />
				</ActionIcon>
			</Group>
			<VisuallyHidden role="status">{data?.summary}</VisuallyHidden>
			<PanelBody className="kw-explain-body">
				{data !== undefined && <Explained tenant_id={tenant_id} explanation={data} />}
				{data === undefined &&
					(error === null ? (
						<Skeleton height={320} role="status" aria-busy="true" aria-label="Loading the explanation" />
					) : (
						<Missing error={error} />
					))}
			</PanelBody>
			<Foot tenant_id={tenant_id} explanation={data} onCopy={() => void copy(new URL(link, location.href).href, "The link is in the clipboard.")} />
		</SidePanel>
	);
}

function Missing({ error }: { error: unknown }) {
	if (!isApiError(error, "not_found")) return <Problem error={error} />;
	return (
		<Box role="status" data-missing>
			<Text fz={16} lh="22px" fw={600}>
				No refusal with this id. Allowed requests are not kept.
			</Text>
			<Text size="sm" c="dimmed" mt={8}>
				Refusals can be explained two seconds after the response, for 30 days. One of another tenant is explained there only, and one with an unknown
				key or none to the operator.
			</Text>
		</Box>
	);
}

function Foot({ tenant_id, explanation, onCopy }: { tenant_id: string; explanation: Explanation | undefined; onCopy: () => void }) {
	const key = explanation?.key;
	return (
		<Group className="kw-explain-foot" gap={8} wrap="nowrap">
			<Button variant="default" size="xs" leftSection={<IconLink size={16} aria-hidden="true" />} onClick={onCopy}>
				Copy link
			</Button>
			{key && (
				<Button
					variant="default"
					size="xs"
					renderRoot={(props) => <Link to="/settings/api-access/$key_id" params={{ key_id: key.id }} search={{ tenant: tenant_id }} {...props} />}
				>
					Open the key
				</Button>
			)}
			{explanation !== undefined && (
				<Text size="xs" c="dimmed" ml="auto" className="kw-explain-kept">
					{explanation.proven ? KEPT.proven : KEPT.unproven}
				</Text>
			)}
		</Group>
	);
}
