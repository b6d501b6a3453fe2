import { ActionIcon, Menu } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { IconBan, IconCopy, IconDots, IconPlayerPause, IconPlayerPlay, IconRefresh } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useRef } from "react";
import { answered, api, isApiError } from "../../http/api.ts";
import { canReplace } from "../../rotations/replace/replace-key.tsx";
import { toaster } from "../../ui/toaster.tsx";
import { type ApiKey, useKeysChanged } from "../queries.ts";
import type { Reason } from "../words.ts";

export interface Allowed {
	readonly create_keys: boolean;
	readonly manage_keys: boolean;
	readonly revoke_keys: boolean;
}

interface MenuProps {
	readonly tenant_id: string;
	readonly apiKey: ApiKey;
	readonly may: Allowed;
	readonly onRevoke: (key: ApiKey, reason?: Reason) => void;
}

const ONE = "/api/v1/tenants/{tenant_id}/api-keys/{key_id}";

/** Actions on a key without opening it. */
export function ListMenu({ tenant_id, apiKey, may, onRevoke }: MenuProps) {
	const clipboard = useClipboard();
	const changed = useKeysChanged(tenant_id);
	const params = { path: { tenant_id, key_id: apiKey.id } };
	const target = useRef<HTMLButtonElement>(null);
	const paused = apiKey.status === "paused";
	function revoke(reason?: Reason): void {
		// The menu unmounts its item, so a dialog that closes later must return the focus to the button.
		target.current?.focus();
		onRevoke(apiKey, reason);
	}
	async function pauseOrResume(): Promise<void> {
		try {
			await answered(paused ? api.POST(`${ONE}/resume`, { params }) : api.POST(`${ONE}/pause`, { params }));
			if (paused) toaster.done(`${apiKey.name} works again.`);
			else toaster.noted(`${apiKey.name} is paused: it is refused until it is resumed.`);
		} catch (error) {
			if (isApiError(error) && error.problem.status !== 0) toaster.failed(`${apiKey.name} stays as it is`, error.problem.detail);
			else toaster.failed(`No answer about ${apiKey.name}`, "Look at its status before you try again.");
		}
		changed();
	}
	return (
		<Menu position="bottom-end" width={200} withinPortal>
			<Menu.Target>
				<ActionIcon ref={target} variant="subtle" color="gray" aria-label={`Actions for ${apiKey.name}`}>
					<IconDots size={18} aria-hidden="true" />
				</ActionIcon>
			</Menu.Target>
			<Menu.Dropdown>
				<Menu.Item leftSection={<IconCopy size={16} aria-hidden="true" />} onClick={() => clipboard.copy(apiKey.id)}>
					Copy the key's id
				</Menu.Item>
				{may.manage_keys && !apiKey.canary && (apiKey.status === "active" || paused) && (
					<Menu.Item
						leftSection={paused ? <IconPlayerPlay size={16} aria-hidden="true" /> : <IconPlayerPause size={16} aria-hidden="true" />}
						onClick={() => void pauseOrResume()}
					>
						{paused ? "Resume this key" : "Pause this key"}
					</Menu.Item>
				)}
				{may.create_keys && canReplace(apiKey) && (
					<Menu.Item
						leftSection={<IconRefresh size={16} aria-hidden="true" />}
						renderRoot={(props) => (
							<Link to="/settings/api-access/$key_id" params={{ key_id: apiKey.id }} search={{ tenant: tenant_id, dialog: "replace" }} {...props} />
						)}
					>
						Replace this key
					</Menu.Item>
				)}
				{may.revoke_keys && apiKey.status !== "revoked" && (
					<>
						<Menu.Item c="var(--kw-ended)" leftSection={<IconBan size={16} aria-hidden="true" />} onClick={() => revoke("suspected_exposure")}>
							It leaked: revoke it
						</Menu.Item>
						<Menu.Item c="var(--kw-ended)" leftSection={<IconBan size={16} aria-hidden="true" />} onClick={() => revoke()}>
							Revoke this key
						</Menu.Item>
					</>
				)}
			</Menu.Dropdown>
		</Menu>
	);
}
