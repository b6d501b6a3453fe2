import {
	IconBox,
	IconBrush,
	IconBuilding,
	IconFileText,
	IconFlag,
	IconHeartbeat,
	IconListCheck,
	IconLockPassword,
	IconPackageImport,
	IconRoute,
	IconServer,
	IconUserShield,
	IconWebhook,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ConfirmProvider } from "../access/confirm.tsx";
import { sessionQuery, useSession } from "../access/session.ts";
import { SHARED_STATE } from "../http/queries.ts";
import { NoOperatorPage } from "../operator/no-operator-page.tsx";
import { PersonMenu } from "./person-menu.tsx";
import { PlaceSwitcher } from "./place-switcher.tsx";
import { Shell } from "./shell.tsx";

const PLACES = [
	{ to: "/operator/tenants", label: "Tenants", short: "Tenants", icon: IconBuilding },
	{ to: "/operator/plans", label: "Plans", short: "Plans", icon: IconBox },
	{ to: "/operator/services", label: "Services", short: "Services", icon: IconServer },
	{ to: "/operator/forward-auth", label: "Forwarded requests", short: "Requests", icon: IconRoute },
	{ to: "/operator/catalogue", label: "Catalogue", short: "Catalogue", icon: IconListCheck },
	{ to: "/operator/legacy-formats", label: "Keys from elsewhere", short: "Imports", icon: IconPackageImport },
	{ to: "/operator/leak-reports", label: "Leak reports", short: "Leaks", icon: IconFlag },
	{ to: "/operator/webhooks", label: "Webhooks", short: "Webhooks", icon: IconWebhook },
	{ to: "/operator/api-profile", label: "API profile", short: "Profile", icon: IconBrush },
	{ to: "/operator/people", label: "Operators", short: "Operators", icon: IconUserShield },
	{ to: "/operator/password-resets", label: "Password resets", short: "Resets", icon: IconLockPassword },
	{ to: "/operator/audit", label: "Audit", short: "Audit", icon: IconFileText },
	{ to: "/operator/health", label: "Health", short: "Health", icon: IconHeartbeat },
] as const;

/** Layout of the operator's pages: a separate rail and a coloured edge that no other page has. */
export default function OperatorFrame() {
	const { operator } = useSession();
	// Most of these pages ask for nothing while they are open, and would keep showing their content after the session has ended.
	useQuery({ ...sessionQuery, ...SHARED_STATE });
	if (!operator) return <NoOperatorPage />;
	return (
		<ConfirmProvider>
			<Shell
				places={PLACES}
				link={(to, props) => <Link to={to} activeOptions={{ exact: true }} {...props} />}
				switcher={<PlaceSwitcher tenant={null} />}
				person={(compact) => <PersonMenu role_name="Operator" compact={compact} />}
				operator
			/>
		</ConfirmProvider>
	);
}
