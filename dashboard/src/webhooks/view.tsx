import "./webhooks.css";
import { Box, Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useSuspenseQuery } from "@tanstack/react-query";
import { type ReactNode, useRef } from "react";
import { useDialog, useKept, useStaying } from "../ui/dialog/use-dialog.ts";
import { lazyDialog } from "../ui/lazy-dialog.tsx";
import { Card, Page } from "../ui/page.tsx";
import { WebhooksBoard } from "./board.tsx";
import { Deliveries } from "./deliveries.tsx";
import { type WebhookAction, WebhooksList } from "./list.tsx";
import { type Owner, type Webhook, webhooksQuery } from "./queries.ts";
import type { WebhooksSearch } from "./search.ts";

const AddWebhook = lazyDialog(
	() => import("./add.tsx").then((module) => module.AddWebhook),
	({ opened }) => opened,
	{ opened: false },
);
const Dialogs = lazyDialog(
	() => import("./dialogs.tsx").then((module) => module.WebhookDialogs),
	({ opened }) => opened,
	{ opened: false },
);

interface ViewProps {
	readonly owner: Owner;
	readonly lead: ReactNode;
	/** Whose events, after "each event": "of Northwind". */
	readonly whose: ReactNode;
	/** False in a suspended tenant, where webhooks can only be deleted. */
	readonly manages: boolean;
	readonly search: WebhooksSearch;
	readonly onSearch: (next: WebhooksSearch) => void;
	/** Above the list, such as why nothing can be changed. */
	readonly notice?: ReactNode;
}

/** The webhooks of a tenant or of the operator, with the last deliveries of the selected one. */
export function WebhooksView({ owner, lead, whose, manages, search, onSearch, notice }: ViewProps) {
	const { data: webhooks } = useSuspenseQuery(webhooksQuery(owner));
	const adding = useDialog("add");
	const { action: asked, of, open, close } = useWebhookAction();
	const about = webhooks.find(({ id }) => id === of);
	const allowed = manages || asked === "delete";
	const chosen = useKept(about);
	const action = useKept(asked);
	const adds = useStaying(adding.opened, manages);
	const acts = useStaying(asked !== null, about !== undefined && allowed);
	const region = useRef<HTMLDivElement>(null);
	const selected = webhooks.find(({ id }) => id === search.webhook) ?? webhooks[0];
	const { status } = search;
	/** On a phone the deliveries are below the list. */
	function select({ id }: Webhook): void {
		onSearch({ webhook: id });
		region.current?.querySelector("[aria-label='Last deliveries']")?.scrollIntoView({ block: "nearest" });
	}
	/** The row that opened the dialog may be gone with its webhook. */
	function keepFocus(): void {
		if (document.activeElement === null || document.activeElement === document.body) region.current?.focus();
	}
	const add = manages ? (
		<Button leftSection={<IconPlus size={16} aria-hidden="true" />} onClick={() => adding.open()}>
			Add a webhook
		</Button>
	) : null;
	return (
		<Page title="Webhooks" lead={lead} action={webhooks.length > 0 ? add : undefined}>
			{notice}
			<Box ref={region} tabIndex={-1} style={{ outline: "none" }}>
				{selected === undefined ? (
					<WebhooksBoard whose={whose} add={add} />
				) : (
					<div className="kw-webhooks">
						<Card title="Webhooks" count={webhooks.length} flush>
							<WebhooksList
								webhooks={webhooks}
								selected={webhooks.length > 1 ? selected.id : null}
								onSelect={select}
								manages={manages}
								onAction={open}
							/>
						</Card>
						<Deliveries
							key={selected.id}
							owner={owner}
							webhook={selected}
							status={status ?? null}
							onStatus={(next) => onSearch({ webhook: selected.id, ...(next === null ? {} : { status: next }) })}
							manages={manages}
							onTest={() => open("test", selected)}
						/>
					</div>
				)}
			</Box>
			<AddWebhook owner={owner} opened={adds} onClose={adding.close} onMade={({ id }) => onSearch({ webhook: id })} />
			{chosen !== null && action !== null && (
				<Dialogs owner={owner} action={action} webhook={chosen} opened={acts} onClose={close} onClosed={keepFocus} />
			)}
		</Page>
	);
}

/** The action of a webhook whose dialog the address opens. */
function useWebhookAction() {
	const dialogs = {
		test: useDialog("test"),
		edit: useDialog("edit"),
		secret: useDialog("secret"),
		disable: useDialog("disable"),
		enable: useDialog("enable"),
		delete: useDialog("delete"),
	};
	const action = ACTIONS.find((known) => dialogs[known].opened) ?? null;
	return {
		action,
		of: action === null ? null : dialogs[action].of,
		open: (next: WebhookAction, { id }: Webhook) => dialogs[next].open(id),
		close: () => action !== null && dialogs[action].close(),
	};
}

const ACTIONS: readonly WebhookAction[] = ["test", "edit", "secret", "disable", "enable", "delete"];
