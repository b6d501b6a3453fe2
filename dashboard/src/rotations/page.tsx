import "./rotation.css";
import { Anchor, Group, Text } from "@mantine/core";
import { IconArrowLeft } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useEffect } from "react";
import { useAccess, useTenant } from "../access/session.ts";
import { isApiError } from "../http/api.ts";
import { keyQuery, useKeysChanged } from "../keys/queries.ts";
import { useDialog, useStaying } from "../ui/dialog/use-dialog.ts";
import { FailurePage } from "../ui/failure-page.tsx";
import { focusPage } from "../ui/keep-focus.ts";
import { Page } from "../ui/page.tsx";
import { PageSkeleton } from "../ui/page-skeleton.tsx";
import { StateBadge } from "../ui/state-badge.tsx";
import { RotationActions } from "./actions.tsx";
import { AnotherLink } from "./another-link.tsx";
import { RotationClients } from "./clients/clients.tsx";
import { RotationDates } from "./dates.tsx";
import { RotationHandover } from "./handover.tsx";
import { IssueNewKey } from "./leaked.tsx";
import { RotationNow } from "./now.tsx";
import { RotationOperations } from "./operations.tsx";
import type { RotationProps } from "./props.ts";
import { isOpen, type Rotation, rotationQuery } from "./queries.ts";
import { RotationSteps } from "./steps.tsx";
import { RotationTraffic } from "./traffic/chart.tsx";
import { formatBothWork, STATUS_WORDS } from "./words.ts";

/** The page of one rotation, open or ended: its steps, and the traffic of both secrets. */
export default function RotationPage() {
	const tenant = useTenant();
	const { key_id = "", rotation_id = "" } = useParams({ strict: false });
	const { data: key, error: key_error } = useQuery(keyQuery(tenant.id, key_id));
	const { data: rotation, error } = useQuery(rotationQuery({ tenant_id: tenant.id, key_id, rotation_id }));
	if (isApiError(error ?? key_error, "not_found")) return <UnknownRotation key_id={key_id} />;
	if (key === undefined || rotation === undefined) {
		const failed = key_error ?? error;
		return failed === null ? <PageSkeleton /> : <FailurePage error={failed} />;
	}
	return <PageOfRotation tenant_id={tenant.id} apiKey={key} rotation={rotation} />;
}

function Back({ key_id, name }: { key_id: string; name: string }) {
	const tenant = useTenant();
	return (
		<Anchor
			renderRoot={(props) => <Link to="/settings/api-access/$key_id" params={{ key_id }} search={{ tenant: tenant.id }} {...props} />}
			size="sm"
			mb={4}
			display="inline-block"
		>
			<Group gap={4} component="span" wrap="nowrap">
				<IconArrowLeft size={14} aria-hidden="true" />
				<span className="kw-wrap">{name}</span>
			</Group>
		</Anchor>
	);
}

function UnknownRotation({ key_id }: { key_id: string }) {
	return (
		<Page title="There is no replacement here" back={<Back key_id={key_id} name="To the key" />}>
			<Text maw={560}>
				This key has no replacement with this id. The link may have been cut off where it was copied; the key's page lists all of them.
			</Text>
		</Page>
	);
}

/** Invalidates the key's other queries when the status of its rotation changes. */
function useEndNotice(tenant_id: string, status: Rotation["status"]): void {
	const changed = useKeysChanged(tenant_id);
	// biome-ignore lint/correctness/useExhaustiveDependencies: only a new status says that the key has changed
	useEffect(changed, [status]);
}

function PageOfRotation(props: RotationProps) {
	const { tenant_id, apiKey, rotation } = props;
	useEndNotice(tenant_id, rotation.status);
	// The sheet that began it has gone with the page before.
	useEffect(focusPage, []);
	const another = useDialog("another-link");
	const { may } = useAccess();
	const links = useStaying(another.opened, rotation.status === "waiting" && may.create_keys);
	const { meaning, word } = STATUS_WORDS[rotation.status];
	return (
		<Page
			title={isOpen(rotation) ? `Replacing ${apiKey.name}` : `Replacement of ${apiKey.name}`}
			back={<Back key_id={apiKey.id} name={apiKey.name} />}
			badge={<StateBadge meaning={meaning}>{word}</StateBadge>}
			lead={
				<Text component="span" size="sm" data-rotation={rotation.status}>
					Old key <span className="kw-mono">…{rotation.predecessor.last4}</span>
					{rotation.successor !== null && (
						<>
							{" → new key "}
							<span className="kw-mono">…{rotation.successor.last4}</span>
						</>
					)}
					. {formatBothWork(rotation)}
				</Text>
			}
			action={<RotationActions {...props} />}
		>
			<RotationNow {...props} />
			<RotationHandover {...props} onAnother={() => another.open()} />
			<IssueNewKey {...props} />
			<div className="kw-rotation">
				<div className="kw-column">
					<RotationSteps rotation={rotation} />
					<RotationDates {...props} />
				</div>
				<div className="kw-column">
					<RotationClients {...props} />
					<RotationTraffic {...props} />
					<RotationOperations rotation={rotation} />
				</div>
			</div>
			<AnotherLink {...props} opened={links} onClose={another.close} />
		</Page>
	);
}
