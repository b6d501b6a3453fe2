import {
	IconActivity,
	IconBell,
	IconBuildingStore,
	IconFileText,
	IconGauge,
	IconKey,
	IconListCheck,
	IconSettings,
	IconUsers,
	IconWebhook,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { Suspense, useEffect } from "react";
import { ConfirmProvider } from "../access/confirm.tsx";
import { roleName } from "../access/roles.ts";
import { rememberTenant, TenantOfFrame, type TenantOfPage, useAccess, useSession, useTenant, useTenantIfAny, visitQuery } from "../access/session.ts";
import { alertCountQuery } from "../alerts/queries.ts";
import { notMetCountQuery } from "../checklist/queries.ts";
import { isApiError } from "../http/api.ts";
import { NoTenantPage } from "../tenants/no-tenant-page.tsx";
import { useDialog } from "../ui/dialog/use-dialog.ts";
import { FailurePage } from "../ui/failure-page.tsx";
import { Count } from "../ui/page.tsx";
import { PageSkeleton } from "../ui/page-skeleton.tsx";
import { PersonMenu } from "./person-menu.tsx";
import { PlaceSwitcher } from "./place-switcher.tsx";
import { Shell } from "./shell.tsx";
import { Shortcuts } from "./shortcuts.tsx";

const PLACES = [
	{ to: "/settings/api-access", label: "API Access", short: "Keys", icon: IconKey },
	{ to: "/activity", label: "Activity", short: "Activity", icon: IconActivity },
	{ to: "/checklist", label: "Checklist", short: "Checklist", icon: IconListCheck },
	{ to: "/sites", label: "Sites", short: "Sites", icon: IconBuildingStore },
	{ to: "/alerts", label: "Alerts", short: "Alerts", icon: IconBell },
	{ to: "/audit", label: "Audit", short: "Audit", icon: IconFileText },
	{ to: "/plan", label: "Plan and limits", short: "Plan", icon: IconGauge },
	{ to: "/webhooks", label: "Webhooks", short: "Webhooks", icon: IconWebhook },
	{ to: "/team", label: "Team", short: "Team", icon: IconUsers },
	{ to: "/settings", label: "Settings", short: "Settings", icon: IconSettings },
] as const;

/** Pages that viewers do not see: their API refuses them. */
const ADMIN_PLACES: ReadonlySet<string> = new Set(["/audit", "/webhooks"]);

/** Layout of a tenant's pages, for its members and for operators. */
export function Frame() {
	const { operator } = useSession();
	const tenant = useTenantIfAny();
	const { tenant: wanted } = useSearch({ strict: false });
	if (tenant !== null) return <FrameAround tenant={tenant} />;
	return operator && wanted !== undefined ? <Visit tenant_id={wanted} /> : <NoTenantPage />;
}

/** For an operator in a tenant of which they are not a member. */
function Visit({ tenant_id }: { tenant_id: string }) {
	const { data, error } = useQuery(visitQuery(tenant_id));
	if (data) return <FrameAround tenant={data} />;
	if (isApiError(error, "not_found", "role_not_allowed")) return <NoTenantPage />;
	return error ? <FailurePage error={error} /> : <PageSkeleton />;
}

function FrameAround({ tenant }: { tenant: TenantOfPage }) {
	return (
		<TenantOfFrame value={tenant}>
			<ConfirmProvider>
				<FrameOfTenant />
			</ConfirmProvider>
		</TenantOfFrame>
	);
}

/** Waits for what this person may do, while the page is shown already. */
function TenantShortcuts({ tenant_id }: { tenant_id: string }) {
	const { may } = useAccess();
	const { opened, open, close } = useDialog("shortcuts");
	return <Shortcuts tenant_id={tenant_id} may_create={may.create_keys} opened={opened} onOpened={(wanted) => (wanted ? open() : close())} />;
}

/** Open alerts that no person has acknowledged. */
function Waiting({ children }: { children: number }) {
	return (
		<Count meaning="ended" means={children === 1 ? "open alert waits for a person" : "open alerts wait for a person"}>
			{children}
		</Count>
	);
}

/** Items of the checklist that are not met. */
function NotMet({ children }: { children: number }) {
	return (
		<Count meaning="attention" means={children === 1 ? "item is not met" : "items are not met"}>
			{children}
		</Count>
	);
}

function FrameOfTenant() {
	const tenant = useTenant();
	const shortcuts = useDialog("shortcuts");
	const { data: raised = 0 } = useQuery(alertCountQuery(tenant.id, "raised"));
	const { data: not_met = 0 } = useQuery(notMetCountQuery(tenant.id));
	useEffect(() => rememberTenant(tenant.id), [tenant.id]);
	return (
		<>
			<Shell
				places={tenant.role === "viewer" ? PLACES.filter(({ to }) => !ADMIN_PLACES.has(to)) : PLACES}
				link={(to, props) => <Link to={to} activeOptions={{ exact: true }} search={{ tenant: tenant.id }} {...props} />}
				waiting={{
					...(raised === 0 ? {} : { "/alerts": <Waiting>{raised}</Waiting> }),
					...(not_met === 0 ? {} : { "/checklist": <NotMet>{not_met}</NotMet> }),
				}}
				switcher={<PlaceSwitcher tenant={tenant} />}
				person={(compact) => <PersonMenu role_name={roleName(tenant.role)} compact={compact} onShortcuts={() => shortcuts.open()} />}
				operator={tenant.role === "operator"}
			/>
			<Suspense>
				<TenantShortcuts tenant_id={tenant.id} />
			</Suspense>
		</>
	);
}
