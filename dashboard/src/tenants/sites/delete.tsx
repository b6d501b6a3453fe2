import { Alert, Anchor, Button, Group, List, Modal, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { answered, api, isApiError } from "../../http/api.ts";
import { boundKeysQuery } from "../../keys/queries.ts";
import { Problem } from "../../ui/problem.tsx";
import { toaster } from "../../ui/toaster.tsx";
import { useAction } from "../../ui/use-action.ts";
import { useSitesChanged } from "../site-queries.ts";
import type { Site } from "./table.tsx";

const KEYS_SHOWN_MAX = 8;

interface DeleteProps {
	readonly tenant_id: string;
	readonly site: Site;
	readonly onClose: () => void;
}

/** Deletes a site after showing which keys lose it, or shows what prevents the deletion. */
export function DeleteSite({ opened, ...props }: DeleteProps & { opened: boolean }) {
	return (
		<Modal opened={opened} onClose={props.onClose} title="Delete this site" closeButtonProps={{ "aria-label": "Close without deleting" }}>
			<Decide {...props} />
		</Modal>
	);
}

function Decide({ tenant_id, site, onClose }: DeleteProps) {
	const { data: keys } = useQuery(boundKeysQuery(tenant_id, site.id));
	const action = useAction();
	const changed = useSitesChanged(tenant_id);
	const isInTheWay = isApiError(action.error, "conflict");

	async function remove(): Promise<void> {
		const path = { tenant_id, site_id: site.id };
		const done = await action.run(async () => {
			await answered(api.DELETE("/api/v1/tenants/{tenant_id}/sites/{site_id}", { params: { path } }));
			return true;
		});
		changed();
		if (!done) return;
		toaster.done(`${site.name} is deleted.`);
		onClose();
	}

	return (
		<Stack gap="md">
			<Text size="sm" className="kw-wrap">
				<b>{site.name}</b> is deleted for good. Requests for it are then answered as not found.
			</Text>
			{keys !== undefined && keys.length > 0 && (
				<Alert color="yellow" variant="light" role="note" title="These keys are bound to it and lose it" data-bound>
					<List size="sm" className="kw-wrap">
						{keys.slice(0, KEYS_SHOWN_MAX).map(({ id, name }) => (
							<List.Item key={id}>
								<Anchor
									size="sm"
									underline="always"
									renderRoot={(props) => <Link to="/settings/api-access/$key_id" params={{ key_id: id }} search={{ tenant: tenant_id }} {...props} />}
								>
									{name}
								</Anchor>
							</List.Item>
						))}
						{keys.length > KEYS_SHOWN_MAX && <List.Item>and {keys.length - KEYS_SHOWN_MAX} others</List.Item>}
					</List>
					<Text size="sm" mt={4}>
						A key that was bound to this site only works nowhere any more.
					</Text>
				</Alert>
			)}
			<Problem error={action.error} />
			{isInTheWay && (
				<Text size="sm">
					Documents are deleted by a program, with a key that may <span className="kw-mono">documents:write</span> here; then the site can be deleted.
				</Text>
			)}
			<Group justify="flex-end" gap={8}>
				<Button variant="default" onClick={onClose}>
					Keep this site
				</Button>
				<Button color="red" loading={action.pending} onClick={() => void remove()}>
					Delete for good
				</Button>
			</Group>
		</Stack>
	);
}
