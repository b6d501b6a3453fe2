import { ActionIcon, Anchor, Box, Group, Menu, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { IconBan, IconChevronLeft, IconCopy, IconDots, IconPencil } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useRef } from "react";
import { useAccess, useTenant } from "../../access/session.ts";
import { ReplaceKey } from "../../rotations/replace/replace-key.tsx";
import { copyText } from "../../ui/copy-button.tsx";
import { StateBadge } from "../../ui/state-badge.tsx";
import { toaster } from "../../ui/toaster.tsx";
import type { ApiKey } from "../queries.ts";
import { PauseKey } from "../revoke/pause.tsx";
import { ENVIRONMENT_WORDS, getState, lastFour } from "../words.ts";

/** The way back to the list. */
export function Back() {
	const tenant = useTenant();
	return (
		<Anchor
			renderRoot={(props) => <Link to="/settings/api-access" search={{ tenant: tenant.id }} {...props} />}
			size="xs"
			fw={500}
			c="dimmed"
			mb={4}
			display="inline-block"
		>
			<Group gap={2} component="span" wrap="nowrap">
				<IconChevronLeft size={14} aria-hidden="true" />
				API Access
			</Group>
		</Anchor>
	);
}

/** Longer names are smaller, so that they leave room for the page. */
const LONG_NAME = 80;

interface HeadProps {
	readonly tenant_id: string;
	readonly apiKey: ApiKey;
	readonly onEdit: () => void;
	readonly onRevoke: () => void;
}

/** Name, state, what the key is for, and one row of actions. */
export function KeyHead({ tenant_id, apiKey, onEdit, onRevoke }: HeadProps) {
	useDocumentTitle(apiKey.name);
	const { meaning, word } = getState(apiKey, Date.now());
	const last4 = lastFour(apiKey.secrets);
	return (
		<div className="kw-key-head">
			<Box miw={0} flex={1}>
				<Back />
				<Group gap="4px 10px">
					<Title order={1} className="kw-wrap" miw={0} data-long={apiKey.name.length > LONG_NAME || undefined}>
						<bdi>{apiKey.name}</bdi>
					</Title>
					<StateBadge meaning={meaning}>{word}</StateBadge>
				</Group>
				<Text c="dimmed" size="sm" mt={2} truncate {...(apiKey.integration === null ? {} : { title: apiKey.integration })}>
					{apiKey.canary && "Canary key · "}
					{ENVIRONMENT_WORDS[apiKey.environment].name}
					{last4 !== null && (
						<>
							{" · "}
							<span className="kw-mono">{last4}</span>
						</>
					)}
					{apiKey.integration !== null && (
						<>
							{" · "}
							<bdi>{apiKey.integration}</bdi>
						</>
					)}
				</Text>
			</Box>
			<Actions tenant_id={tenant_id} apiKey={apiKey} onEdit={onEdit} onRevoke={onRevoke} />
		</div>
	);
}

function Actions({ tenant_id, apiKey, onEdit, onRevoke }: HeadProps) {
	const { may } = useAccess();
	const opener = useRef<HTMLButtonElement>(null);
	const over = apiKey.status === "revoked";
	/** The menu unmounts its item, so a dialog that closes later must return the focus to the button. */
	function from(open: () => void): void {
		opener.current?.focus();
		open();
	}
	async function copyId(): Promise<void> {
		if (await copyText(apiKey.id)) toaster.done("The key's id is copied.");
		else toaster.failed("The key's id was not copied", apiKey.id);
	}
	return (
		<Box className="kw-key-actions" role="group" aria-label="Actions">
			{may.manage_keys && <ReplaceKey tenant_id={tenant_id} apiKey={apiKey} variant="filled" />}
			{may.manage_keys && !apiKey.canary && (apiKey.status === "active" || apiKey.status === "paused") && (
				<PauseKey tenant_id={tenant_id} apiKey={apiKey} />
			)}
			{!may.manage_keys && !apiKey.canary && (
				<Text size="sm" c="dimmed">
					You can look at it.{" "}
					<Anchor
						inherit
						underline="always"
						renderRoot={(props) => (
							<Link
								to="/settings/api-access/$key_id/$tab"
								params={{ key_id: apiKey.id, tab: "settings" }}
								search={{ tenant: tenant_id }}
								{...props}
							/>
						)}
					>
						Who can change it
					</Anchor>
				</Text>
			)}
			{(may.manage_keys || may.revoke_keys) && (
				<Menu position="bottom-end" width={200}>
					<Menu.Target>
						<ActionIcon ref={opener} variant="default" className="kw-key-more" aria-label="More actions">
							<IconDots size={16} aria-hidden="true" />
						</ActionIcon>
					</Menu.Target>
					<Menu.Dropdown>
						{may.manage_keys && !over && (
							<Menu.Item leftSection={<IconPencil size={16} aria-hidden="true" />} onClick={() => from(onEdit)}>
								Edit this key
							</Menu.Item>
						)}
						<Menu.Item leftSection={<IconCopy size={16} aria-hidden="true" />} onClick={() => void copyId()}>
							Copy the key's id
						</Menu.Item>
						{may.revoke_keys && !over && (
							<Menu.Item c="var(--kw-ended)" leftSection={<IconBan size={16} aria-hidden="true" />} onClick={() => from(onRevoke)}>
								Revoke this key
							</Menu.Item>
						)}
					</Menu.Dropdown>
				</Menu>
			)}
		</Box>
	);
}
