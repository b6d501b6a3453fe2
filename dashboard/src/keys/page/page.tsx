import "./page.css";
import { Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useAccess, useTenant } from "../../access/session.ts";
import { isApiError } from "../../http/api.ts";
import { FailurePage } from "../../ui/failure-page.tsx";
import { lazyDialog } from "../../ui/lazy-dialog.tsx";
import { Page } from "../../ui/page.tsx";
import { getRefusals } from "../../usage/buckets.ts";
import { KeyClients } from "../clients/clients.tsx";
import { type ApiKey, keyQuery, sourcesQuery } from "../queries.ts";
import { RevokeDialog } from "../revoke/lazy.ts";
import { KeyCanary } from "./canary/panel.tsx";
import { type Day, useDay } from "./day.ts";
import { KeyEnded } from "./ended.tsx";
import { Back, KeyHead } from "./head.tsx";
import { KeyOverview } from "./overview.tsx";
import { KeyRefusals } from "./refusals.tsx";
import { KeySettings } from "./settings.tsx";
import { KeySkeleton } from "./skeleton.tsx";
import { KeyTabs, useTab } from "./tabs.tsx";
import { KeyVersions } from "./versions.tsx";

const EditKey = lazyDialog(
	() => import("../edit/edit-key.tsx").then((module) => module.EditKey),
	({ opened }) => opened,
	{ opened: false },
);
const ReplaceSheet = lazyDialog(
	() => import("../../rotations/replace/sheet.tsx").then((module) => module.ReplaceSheet),
	({ opened }) => opened,
	{
		opened: false,
	},
);

/** The page of one key: what it is and does, in tabs that each have an address. */
export default function KeyPage() {
	const tenant = useTenant();
	const { key_id = "" } = useParams({ strict: false });
	const { data: key, error } = useQuery(keyQuery(tenant.id, key_id));
	if (isApiError(error, "not_found")) return <UnknownKey tenant_name={tenant.name} />;
	if (key === undefined) return error === null ? <KeySkeleton /> : <FailurePage error={error} />;
	if (key.canary) return <PageOfCanary key={key.id} tenant_id={tenant.id} apiKey={key} />;
	return <PageOfKey key={key.id} tenant_id={tenant.id} apiKey={key} />;
}

function UnknownKey({ tenant_name }: { tenant_name: string }) {
	return (
		<Page title="There is no key here" back={<Back />}>
			<Text maw={560} className="kw-wrap">
				No key of {tenant_name} has this id. The link may have been cut off where it was copied, or the key belongs to another tenant: choose that one
				first. A key that was revoked is still listed under API Access.
			</Text>
		</Page>
	);
}

interface KeyProps {
	readonly tenant_id: string;
	readonly apiKey: ApiKey;
}

/** What is open over the page: the form, from its top or at the end of the key, or the dialog that revokes. */
type Opened = "edit" | "later-end" | "revoke" | null;

function PageOfKey({ tenant_id, apiKey }: KeyProps) {
	const { may } = useAccess();
	const { replace } = useSearch({ strict: false });
	const [status_at_first] = useState(apiKey.status);
	const [opened, setOpened] = useState<Opened>(null);
	const day = useDay(tenant_id, apiKey.id);
	const { data: sources } = useQuery(sourcesQuery(tenant_id, apiKey.id));
	const props = { tenant_id, apiKey };
	const refused = day.rows === null ? undefined : getRefusals(day.rows).reduce((sum, { requests }) => sum + requests, 0);
	const close = (): void => setOpened(null);
	return (
		<Stack className="kw-page" gap={16}>
			<KeyHead {...props} onEdit={() => setOpened("edit")} onRevoke={() => setOpened("revoke")} />
			<KeyTabs tenant_id={tenant_id} key_id={apiKey.id} counts={{ clients: sources?.data.length, refusals: refused }} />
			{apiKey.status === "revoked" && <KeyEnded apiKey={apiKey} fresh={status_at_first !== "revoked"} />}
			<OpenTab {...props} day={day} onOpen={setOpened} />
			<EditKey
				{...props}
				opened={opened === "edit" || opened === "later-end"}
				onClose={close}
				{...(opened === "later-end" ? { at: "expiry" } : {})}
			/>
			<RevokeDialog tenant_id={tenant_id} apiKey={opened === "revoke" ? apiKey : null} onClose={close} hasResult />
			<ReplaceSheet {...props} opened={replace === true && may.create_keys} />
		</Stack>
	);
}

/** A canary key has no clients, versions or settings of its requests, so it has no tabs. */
function PageOfCanary({ tenant_id, apiKey }: KeyProps) {
	const [status_at_first] = useState(apiKey.status);
	const [opened, setOpened] = useState<Opened>(null);
	const revoke = (): void => setOpened("revoke");
	const close = (): void => setOpened(null);
	const props = { tenant_id, apiKey };
	return (
		<Stack className="kw-page" gap={16}>
			<KeyHead {...props} onEdit={() => setOpened("edit")} onRevoke={revoke} />
			{apiKey.status === "revoked" && <KeyEnded apiKey={apiKey} fresh={status_at_first !== "revoked"} />}
			<KeyCanary {...props} onRevoke={revoke} />
			<EditKey {...props} opened={opened === "edit"} onClose={close} />
			<RevokeDialog tenant_id={tenant_id} apiKey={opened === "revoke" ? apiKey : null} onClose={close} hasResult />
		</Stack>
	);
}

function OpenTab({ onOpen, day, ...props }: KeyProps & { day: Day; onOpen: (opened: Opened) => void }) {
	const tab = useTab();
	if (tab === "clients") return <KeyClients {...props} />;
	if (tab === "refusals") return <KeyRefusals {...props} />;
	if (tab === "versions") return <KeyVersions {...props} />;
	if (tab === "settings") return <KeySettings {...props} onEdit={() => onOpen("edit")} onRevoke={() => onOpen("revoke")} />;
	return <KeyOverview {...props} day={day} onLaterEnd={() => onOpen("later-end")} />;
}
