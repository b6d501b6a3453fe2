import "./page.css";
import { Skeleton, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useAccess, useTenant } from "../../access/session.ts";
import { isApiError } from "../../http/api.ts";
import { RotationHistory } from "../../rotations/history.tsx";
import { KeyRotation } from "../../rotations/key-rotation.tsx";
import { canReplace } from "../../rotations/replace/replace-key.tsx";
import { useDialog, useStaying } from "../../ui/dialog/use-dialog.ts";
import { FailurePage } from "../../ui/failure-page.tsx";
import { lazyDialog } from "../../ui/lazy-dialog.tsx";
import { Page } from "../../ui/page.tsx";
import { getRefusals } from "../../usage/buckets.ts";
import { KeyClients } from "../clients/clients.tsx";
import { type ApiKey, keyQuery, sourcesQuery } from "../queries.ts";
import { RevokeDialog } from "../revoke/lazy.ts";
import { PauseDialog } from "../revoke/pause.tsx";
import { KeyCanary } from "./canary/panel.tsx";
import { type Day, useDay } from "./day.ts";
import { KeyEnded } from "./ended.tsx";
import { Back, KeyHead } from "./head.tsx";
import { KeyOverview } from "./overview.tsx";
import { KeyRefusals } from "./refusals.tsx";
import { KeySecrets } from "./secrets.tsx";
import { KeySettings } from "./settings.tsx";
import { KeyTabs, useTab } from "./tabs.tsx";

const SKELETON_HEIGHTS_PX = [84, 340, 220] as const;

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

/** The form, from its top or at the end of the key, and the dialog that revokes: none for a person who may not, or about a revoked key. */
function useDialogs({ status }: ApiKey) {
	const { may } = useAccess();
	const edit = useDialog("edit");
	const later_end = useDialog("later-end");
	const revoke = useDialog("revoke");
	const live = status !== "revoked";
	return {
		edit: { ...edit, opened: useStaying(edit.opened, may.manage_keys && live) },
		later_end: { ...later_end, opened: useStaying(later_end.opened, may.manage_keys && live) },
		revoke: { ...revoke, opened: useStaying(revoke.opened, may.revoke_keys && live) },
	};
}

/** Whether the sheet that replaces the key is open; it stays open once it has begun the replacement. */
function useReplacing(apiKey: ApiKey): boolean {
	const { opened } = useDialog("replace");
	const { may } = useAccess();
	return useStaying(opened, may.create_keys && canReplace(apiKey));
}

function PageOfKey({ tenant_id, apiKey }: KeyProps) {
	const replacing = useReplacing(apiKey);
	const [status_at_first] = useState(apiKey.status);
	const { edit, later_end, revoke } = useDialogs(apiKey);
	const day = useDay(tenant_id, apiKey.id);
	const { data: sources } = useQuery(sourcesQuery(tenant_id, apiKey.id));
	const props = { tenant_id, apiKey };
	const refused = day.rows === null ? undefined : getRefusals(day.rows).reduce((sum, { requests }) => sum + requests, 0);
	return (
		<Stack className="kw-page" gap={16}>
			<KeyHead {...props} onEdit={() => edit.open()} onRevoke={() => revoke.open()} />
			<KeyTabs tenant_id={tenant_id} key_id={apiKey.id} counts={{ clients: sources?.data.length, refusals: refused }} />
			{apiKey.status === "revoked" && <KeyEnded apiKey={apiKey} fresh={status_at_first !== "revoked"} />}
			<OpenTab {...props} day={day} onEdit={() => edit.open()} onLaterEnd={() => later_end.open()} onRevoke={() => revoke.open()} />
			<EditKey
				{...props}
				opened={edit.opened || later_end.opened}
				onClose={later_end.opened ? later_end.close : edit.close}
				narrows={edit.of === "unused"}
				{...(later_end.opened ? { at: "expiry" } : {})}
			/>
			<RevokeDialog tenant_id={tenant_id} apiKey={revoke.opened ? apiKey : null} onClose={revoke.close} hasResult />
			<PauseDialog {...props} />
			<ReplaceSheet {...props} opened={replacing} />
		</Stack>
	);
}

/** A canary key has no clients, versions or settings of its requests, so it has no tabs. */
function PageOfCanary({ tenant_id, apiKey }: KeyProps) {
	const [status_at_first] = useState(apiKey.status);
	const { edit, revoke } = useDialogs(apiKey);
	const props = { tenant_id, apiKey };
	return (
		<Stack className="kw-page" gap={16}>
			<KeyHead {...props} onEdit={() => edit.open()} onRevoke={() => revoke.open()} />
			{apiKey.status === "revoked" && <KeyEnded apiKey={apiKey} fresh={status_at_first !== "revoked"} />}
			<KeyCanary {...props} onRevoke={() => revoke.open()} />
			<EditKey {...props} opened={edit.opened} onClose={edit.close} />
			<RevokeDialog tenant_id={tenant_id} apiKey={revoke.opened ? apiKey : null} onClose={revoke.close} hasResult />
		</Stack>
	);
}

interface OpenTabProps extends KeyProps {
	readonly day: Day;
	readonly onEdit: () => void;
	readonly onLaterEnd: () => void;
	readonly onRevoke: () => void;
}

function OpenTab({ day, onEdit, onLaterEnd, onRevoke, ...props }: OpenTabProps) {
	const tab = useTab();
	if (tab === "clients") return <KeyClients {...props} />;
	if (tab === "refusals") return <KeyRefusals {...props} />;
	if (tab === "versions") return <KeyVersions {...props} />;
	if (tab === "settings") return <KeySettings {...props} onEdit={onEdit} onRevoke={onRevoke} />;
	return <KeyOverview {...props} day={day} onLaterEnd={onLaterEnd} />;
}

/** The page of a key while it loads, in the heights of what comes. */
function KeySkeleton() {
	return (
		<Stack className="kw-page" gap={16} role="status" aria-busy="true" aria-label="Loading">
			<Skeleton height={16} width={84} />
			<Skeleton height={50} width={320} maw="100%" />
			<Skeleton height={37} />
			{SKELETON_HEIGHTS_PX.map((height) => (
				<Skeleton key={height} height={height} />
			))}
		</Stack>
	);
}

/** The secrets that the key has had, the open replacement and those of before. */
function KeyVersions(props: { tenant_id: string; apiKey: ApiKey }) {
	return (
		<Stack gap={16}>
			<KeyRotation {...props} />
			<KeySecrets {...props} />
			<RotationHistory {...props} />
		</Stack>
	);
}
