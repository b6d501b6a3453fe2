import { Anchor, Box, Grid, Group, Stack, Text } from "@mantine/core";
import { IconArrowLeft } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useAccess, useTenant } from "../../access/session.ts";
import { isApiError } from "../../http/api.ts";
import { RotationHistory } from "../../rotations/history.tsx";
import { KeyRotation } from "../../rotations/key-rotation.tsx";
import { ReplaceSheet } from "../../rotations/replace/sheet.tsx";
import { FailurePage } from "../../ui/failure-page.tsx";
import { Page } from "../../ui/page.tsx";
import { PageSkeleton } from "../../ui/page-skeleton.tsx";
import { StateBadge } from "../../ui/state-badge.tsx";
import { DueBadge } from "../due-badge.tsx";
import { type ApiKey, keyQuery } from "../queries.ts";
import { ENVIRONMENT_WORDS, getDates, getState } from "../words.ts";
import { KeyActions } from "./actions.tsx";
import { KeyDanger } from "./danger.tsx";
import { KeyDead } from "./dead.tsx";
import { KeyDelivery } from "./delivery.tsx";
import { KeyDue } from "./due.tsx";
import { KeyEnded } from "./ended.tsx";
import { KeyFacts } from "./facts.tsx";
import { KeyRequests } from "./requests.tsx";
import { KeySecrets } from "./secrets.tsx";
import { KeySources } from "./sources.tsx";

/** The page of one key: settings, requests, clients and actions. */
export default function KeyPage() {
	const tenant = useTenant();
	const { key_id = "" } = useParams({ strict: false });
	const { data: key, error } = useQuery(keyQuery(tenant.id, key_id));
	if (isApiError(error, "not_found")) return <UnknownKey tenant_name={tenant.name} />;
	if (key === undefined) return error === null ? <PageSkeleton /> : <FailurePage error={error} />;
	return <PageOfKey key={key.id} tenant_id={tenant.id} apiKey={key} />;
}

function Back() {
	const tenant = useTenant();
	return (
		<Anchor
			renderRoot={(props) => <Link to="/settings/api-access" search={{ tenant: tenant.id }} {...props} />}
			size="sm"
			mb={4}
			display="inline-block"
		>
			<Group gap={4} component="span" wrap="nowrap">
				<IconArrowLeft size={14} aria-hidden="true" />
				API Access
			</Group>
		</Anchor>
	);
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

function PageOfKey({ tenant_id, apiKey }: { tenant_id: string; apiKey: ApiKey }) {
	const { may } = useAccess();
	const { replace } = useSearch({ strict: false });
	const [status_at_first] = useState(apiKey.status);
	// Without the expiry, which has a badge of its own beside it.
	const { meaning, word } = getState({ ...apiKey, expires_at: null }, Date.now());
	const dates = getDates(apiKey);
	const isOver = apiKey.status === "expired";
	const props = { tenant_id, apiKey };
	return (
		<Page
			title={apiKey.name}
			back={<Back />}
			lead={
				<Group gap={8} mt={4}>
					<StateBadge meaning={meaning}>{word}</StateBadge>
					{!isOver && <DueBadge kind="expiry" value={dates.expires_at} />}
					{apiKey.rotation === null && <DueBadge kind="replacement" value={dates.rotation_due_at} />}
					<Text component="span" className="kw-wrap">
						{ENVIRONMENT_WORDS[apiKey.environment].name}
						{apiKey.integration !== null && ` · ${apiKey.integration}`}
					</Text>
				</Group>
			}
		>
			{apiKey.status === "revoked" && <KeyEnded apiKey={apiKey} fresh={status_at_first !== "revoked"} />}
			<KeyDue {...props} />
			<Grid gap="lg">
				<Grid.Col span={{ base: 12, md: 8 }} order={{ base: 2, md: 1 }}>
					<Stack gap="lg">
						<KeyDead {...props} fresh />
						<KeyRotation {...props} />
						<KeyDelivery {...props} />
						<KeyFacts {...props} />
						<KeyRequests {...props} />
						<KeySources {...props} />
						<KeyDead {...props} fresh={false} />
						<KeySecrets {...props} />
						<RotationHistory {...props} />
						{may.revoke_keys && apiKey.status !== "revoked" && <KeyDanger {...props} />}
					</Stack>
				</Grid.Col>
				<Grid.Col span={{ base: 12, md: 4 }} order={{ base: 1, md: 2 }}>
					<Box pos={{ base: "static", md: "sticky" }} top={24}>
						<KeyActions {...props} />
					</Box>
				</Grid.Col>
			</Grid>
			<ReplaceSheet {...props} opened={replace === true && may.create_keys} />
		</Page>
	);
}
