import { Alert, Anchor, Button, Group, List, Skeleton, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { answered, api, isApiError } from "../../http/api.ts";
import type { paths } from "../../http/openapi.gen.ts";
import { Modal } from "../../ui/dialog/modal.tsx";
import { isTyped, TypedName } from "../../ui/form/typed-name.tsx";
import { Problem } from "../../ui/problem.tsx";
import { toaster } from "../../ui/toaster.tsx";
import { useAction } from "../../ui/use-action.ts";
import { type Site, siteRemovalQuery, useSitesChanged } from "../site-queries.ts";
import { assertSiteUnchanged } from "./changed.ts";

const exact = new Intl.NumberFormat("en");
const counted = (number: number, one: string): string => `${exact.format(number)} ${number === 1 ? one : `${one}s`}`;

const KEYS_SHOWN_MAX = 8;
const NAME_SHOWN_MAX = 60;
const WIDTH_PX = 520;

interface DeleteProps {
	readonly tenant_id: string;
	readonly site: Site;
	readonly onClose: () => void;
}

/** Deletes a site after showing the keys and requests that break and asking for its name. */
export function DeleteSite({ opened, onClosed, ...props }: DeleteProps & { readonly opened: boolean; readonly onClosed: () => void }) {
	return (
		<Modal
			name="delete"
			opened={opened}
			onClose={props.onClose}
			onExitTransitionEnd={onClosed}
			size={WIDTH_PX}
			title="Delete this site"
			closeButtonProps={{ "aria-label": "Close without deleting" }}
		>
			<Decide {...props} />
		</Modal>
	);
}

function Decide({ tenant_id, onClose, ...props }: DeleteProps) {
	const [site, setSite] = useState(props.site);
	const { data: preview, error, refetch } = useQuery(siteRemovalQuery(tenant_id, site.id));
	const [typed, setTyped] = useState("");
	const action = useAction();
	const changed = useSitesChanged(tenant_id);
	const isGone = isApiError(action.error, "not_found") || isApiError(error, "not_found");
	const isBlocked = preview === undefined || preview.documents > 0;

	async function remove(): Promise<void> {
		const path = { tenant_id, site_id: site.id };
		const done = await action.run(async () => {
			await assertSiteUnchanged(tenant_id, site, setSite);
			await answered(api.DELETE("/api/v1/tenants/{tenant_id}/sites/{site_id}", { params: { path } }));
			return true;
		});
		if (!done) {
			changed();
			return void refetch();
		}
		toaster.done(`${site.name} is deleted.`);
		onClose();
		changed();
	}
	if (isGone) {
		return (
			<Stack gap="md">
				<Text size="sm" className="kw-wrap" role="alert">
					<bdi>{site.name}</bdi> no longer exists: it was deleted meanwhile.
				</Text>
				<Group justify="flex-end">
					<Button onClick={onClose} data-autofocus>
						Back to the sites
					</Button>
				</Group>
			</Stack>
		);
	}
	return (
		<form
			noValidate
			onSubmit={(event) => {
				event.preventDefault();
				if (!isBlocked && isTyped(site, typed)) void remove();
			}}
		>
			<Stack gap="md">
				<Text size="sm" className="kw-wrap">
					<b>
						<bdi>{site.name}</bdi>
					</b>{" "}
					is deleted for good. Requests for it are then answered as not found.
				</Text>
				{preview === undefined ? error === null ? <Skeleton height={96} aria-busy="true" /> : <Problem error={error} /> : null}
				{preview !== undefined && <Breaks tenant_id={tenant_id} preview={preview} />}
				{(preview === undefined || preview.documents === 0) && <TypedName name={site.name} id={site.id} value={typed} onChange={setTyped} />}
				<Problem error={action.error} />
				<Group justify="flex-end" gap={8}>
					<Button variant="default" onClick={onClose}>
						Keep this site
					</Button>
					<Button type="submit" color="red" loading={action.pending} disabled={isBlocked || !isTyped(site, typed)}>
						Delete for good
					</Button>
				</Group>
			</Stack>
		</form>
	);
}

/** The documents that are in the way, else the requests and keys that break. */
function Breaks({ tenant_id, preview }: { tenant_id: string; preview: SiteRemoval }) {
	if (preview.documents > 0) {
		return (
			<Alert
				color="yellow"
				variant="light"
				role="note"
				title={preview.documents === 1 ? "It still has a document" : `It still has ${preview.documents} documents`}
			>
				<Text size="sm">
					Documents are deleted by a program, with a key that may <span className="kw-mono">documents:write</span> here; then the site can be deleted.
				</Text>
			</Alert>
		);
	}
	const others = preview.keys_bound - Math.min(preview.keys.length, KEYS_SHOWN_MAX);
	return (
		<Stack gap={8} data-preview>
			<List size="sm" spacing={4} className="kw-wrap">
				<List.Item>{formatRequestsAt(preview.requests)}</List.Item>
				<List.Item>{formatLosing(preview)}</List.Item>
			</List>
			{preview.keys.length > 0 && (
				<Alert color="yellow" variant="light" role="note" title="These keys are bound to it and lose it" data-bound>
					<List size="sm" className="kw-wrap">
						{preview.keys.slice(0, KEYS_SHOWN_MAX).map(({ key_id, name, other_sites }) => (
							<List.Item key={key_id}>
								<Anchor
									size="sm"
									underline="always"
									renderRoot={(props) => <Link to="/settings/api-access/$key_id" params={{ key_id }} search={{ tenant: tenant_id }} {...props} />}
								>
									<bdi title={name}>{name.length > NAME_SHOWN_MAX ? `${name.slice(0, NAME_SHOWN_MAX)}…` : name}</bdi>
								</Anchor>
								{other_sites === 0 ? ": works at no site any more" : ""}
							</List.Item>
						))}
						{others > 0 && <List.Item>and {others} others</List.Item>}
					</List>
				</Alert>
			)}
		</Stack>
	);
}

type SiteRemoval = paths["/api/v1/tenants/{tenant_id}/sites/{site_id}/removal-preview"]["get"]["responses"][200]["content"]["application/json"];

/** How much stops, by the shortest period in which something was seen. */
function formatRequestsAt({ last_hour, last_day, last_week }: SiteRemoval["requests"]): string {
	if (last_week === 0) return "No request was allowed there in the last 7 days.";
	if (last_day === 0) return `${counted(last_week, "request")} in the last 7 days, none in the last 24 hours: such requests fail.`;
	return `${counted(last_day, "request")} in the last 24 hours, ${last_hour === 0 ? "none" : exact.format(last_hour)} in the last hour: such requests fail.`;
}

/** How many keys are touched: bound ones lose it, the others are every key that works at all sites. */
function formatLosing({ keys_bound, keys_everywhere }: Pick<SiteRemoval, "keys_bound" | "keys_everywhere">): string {
	const bound = keys_bound === 0 ? "No key is bound to it" : `${counted(keys_bound, "key")} ${keys_bound === 1 ? "is" : "are"} bound to it`;
	if (keys_everywhere === 0) return `${bound}.`;
	return `${bound}; ${counted(keys_everywhere, "other key")} ${keys_everywhere === 1 ? "works" : "work"} at every site, and no longer at this one.`;
}
