import "./alerts.css";
import { Alert, Box, Button, Group, Stack, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { IconLock } from "@tabler/icons-react";
import { usePrefetchQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Suspense, useState } from "react";
import { useTenant } from "../access/session.ts";
import { useDialog, useStaying } from "../ui/dialog/use-dialog.ts";
import { lazyDialog } from "../ui/lazy-dialog.tsx";
import { AlertList } from "./list.tsx";
import { AlertPanel } from "./panel.tsx";
import { rulesQuery } from "./queries.ts";
import { RulesCard } from "./rules/card.tsx";
import { type AlertsSearch, alertsSearchFrom } from "./search.ts";

const SendAlertTest = lazyDialog(
	() => import("./send-test.tsx").then((module) => module.SendAlertTest),
	({ opened }) => opened,
	{ opened: false },
);

/** What is the matter with keys, limits and webhooks of the tenant, and by which rules it is watched. */
export default function AlertsPage() {
	const tenant = useTenant();
	const search = alertsSearchFrom(useSearch({ strict: false }));
	const navigate = useNavigate();
	const manages = tenant.role !== "viewer";
	const suspended = tenant.status === "suspended";
	const { alert, ...rest } = search;
	const test = useDialog("test");
	const tests = useStaying(test.opened, manages && !suspended);
	// The rules are asked for at once, and shown when the length of the list above them is known, so that they do not jump.
	usePrefetchQuery(rulesQuery(tenant.id));
	const [listed, setListed] = useState<string | null>(null);
	useDocumentTitle("Alerts");
	function go(next: AlertsSearch): void {
		void navigate({
			to: "/alerts",
			search: { tenant: tenant.id, ...next },
			replace: next.alert !== undefined && alert !== undefined,
			resetScroll: false,
		});
	}
	return (
		<Box className="kw-with-panel" data-panel={alert !== undefined}>
			<Stack className="kw-page" gap={16}>
				<Group justify="space-between" align="flex-start" gap={12}>
					<Box miw={0} flex="1 1 240px">
						<Title order={1}>Alerts</Title>
						<Text c="dimmed">
							What needs a person at{" "}
							<bdi className="kw-name" title={tenant.name}>
								{tenant.name}
							</bdi>{" "}
							and what is watched.
						</Text>
					</Box>
					{manages && !suspended && (
						<Button variant="default" onClick={() => test.open()}>
							Send a test alert
						</Button>
					)}
				</Group>
				<SendAlertTest tenant_id={tenant.id} opened={tests} onClose={test.close} />
				{suspended && (
					<Alert variant="light" color="yellow" icon={<IconLock size={18} aria-hidden="true" />} title="This tenant is suspended">
						Alerts are still raised, and can be acknowledged. Rules can be changed when the suspension is over.
					</Alert>
				)}
				<AlertList
					key={`${tenant.id} ${search.show}`}
					tenant_id={tenant.id}
					search={search}
					manages={manages}
					onSearch={go}
					onListed={() => setListed(tenant.id)}
				/>
				{listed === tenant.id && (
					<Suspense>
						<RulesCard key={tenant.id} tenant_id={tenant.id} edits={manages && !suspended} />
					</Suspense>
				)}
			</Stack>
			{alert !== undefined && <AlertPanel key={alert} tenant_id={tenant.id} alert_id={alert} manages={manages} onClose={() => go(rest)} />}
		</Box>
	);
}
