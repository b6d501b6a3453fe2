import { Select } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useRouter, useSearch } from "@tanstack/react-router";
import { AuditLog } from "./log.tsx";
import { tenantChoicesQuery } from "./queries.ts";
import { type AuditSearch, auditSearchFrom, withSearch } from "./search.ts";

const EVERY_TENANT = { value: "", label: "Every tenant" };

/** The audit log of all tenants, erased ones too, and of the instance. */
export default function OperatorAuditPage() {
	const search = auditSearchFrom(useSearch({ strict: false }));
	const navigate = useNavigate();
	const router = useRouter();

	useDocumentTitle("Audit");
	const target = (next: AuditSearch) => ({ to: "/operator/audit", search: next }) as const;
	const change = (next: AuditSearch) => void navigate({ ...target(next), resetScroll: false });
	return (
		<AuditLog
			scope="all"
			is_operator
			lead="Who did what, in all tenants and to the instance itself, and what it was before."
			search={search}
			people={[]}
			more={<TenantChoice search={search} onSearch={change} />}
			empty="Each change is listed here, with who made it and the state before."
			foot={
				<>
					<span className="kw-mono">keywright-server audit verify</span> checks the logs of all tenants too.
				</>
			}
			onSearch={change}
			hrefOf={(next) => router.buildLocation(target(next)).href}
		/>
	);
}

function TenantChoice({ search, onSearch }: { search: AuditSearch; onSearch: (next: AuditSearch) => void }) {
	const { data } = useQuery(tenantChoicesQuery);
	const known = (data ?? []).map(({ id, name }) => ({ value: id, label: name }));
	const others = search.of === undefined || known.some(({ value }) => value === search.of) ? [] : [{ value: search.of, label: search.of }];
	return (
		<Select
			aria-label="Tenant"
			placeholder="Tenant"
			searchable
			data={[EVERY_TENANT, ...known, ...others]}
			value={search.of ?? null}
			nothingFoundMessage="Nothing found"
			comboboxProps={{ width: 280, position: "bottom-start" }}
			onChange={(value) => onSearch(withSearch(search, { entry: undefined, of: value === null || value === "" ? undefined : value }))}
		/>
	);
}
