import { Text } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useRouter, useSearch } from "@tanstack/react-router";
import { useTenant } from "../access/session.ts";
import { membersQuery } from "../tenants/team-queries.ts";
import { Page } from "../ui/page.tsx";
import { AuditLog } from "./log.tsx";
import { type AuditSearch, auditSearchFrom } from "./search.ts";

/** The audit log of the tenant, for its owners and admins and for operators. */
export default function AuditPage() {
	const tenant = useTenant();
	if (tenant.role === "viewer") return <NotForViewers />;
	return <TenantLog tenant_id={tenant.id} is_operator={tenant.role === "operator"} />;
}

function NotForViewers() {
	return (
		<Page title="Audit">
			<Text maw={560}>Owners and admins see who changed what here. Ask one of them if you need to know, or for that role.</Text>
		</Page>
	);
}

function TenantLog({ tenant_id, is_operator }: { tenant_id: string; is_operator: boolean }) {
	const search = auditSearchFrom(useSearch({ strict: false }));
	const { data: members } = useQuery(membersQuery(tenant_id));
	const navigate = useNavigate();
	const router = useRouter();

	useDocumentTitle("Audit");
	const { of: _of, ...own } = search;
	const target = (next: AuditSearch) => ({ to: "/audit", search: { ...next, tenant: tenant_id } }) as const;
	return (
		<AuditLog
			scope={{ tenant_id }}
			is_operator={is_operator}
			lead="Who did what, and what it was before."
			search={own}
			people={(members?.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
			empty="Each thing that is created, changed, revoked or removed is listed here, with who did it and its state before."
			onSearch={(next) => void navigate({ ...target(next), resetScroll: false })}
			hrefOf={(next) => router.buildLocation(target(next)).href}
		/>
	);
}
