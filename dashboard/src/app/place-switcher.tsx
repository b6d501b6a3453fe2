import { Box, Select, Text } from "@mantine/core";
import { IconSelector } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useChooseTenant, useProfile, useSession } from "../access/session.ts";
import { Mark } from "../ui/brand/mark.tsx";
import { getInitial } from "./initial.ts";

/** Cannot collide with a tenant id, because it contains a space. */
const OPERATOR = "the operator";
const SEARCHED_FROM = 8;

const LIST_PX = 280;

function Initial({ of, operator = false }: { of: string; operator?: boolean }) {
	return (
		<span className="kw-initial" data-operator={operator || undefined} aria-hidden="true">
			{getInitial(of)}
		</span>
	);
}

interface SwitcherProps {
	/** The tenant of the page; null in the operator's area. */
	readonly tenant: { readonly id: string; readonly name: string } | null;
}

/** The product's name and a switch to another tenant, and for operators to the operator's area. */
export function PlaceSwitcher({ tenant }: SwitcherProps) {
	const { tenants, operator } = useSession();
	const profile = useProfile();
	const choose = useChooseTenant();
	const navigate = useNavigate();
	const visited = tenant !== null && tenants.every(({ id }) => id !== tenant.id) ? [tenant] : [];
	const places = [...tenants, ...visited].map(({ id, name }) => ({ value: id, label: name }));
	const data = operator ? [{ value: OPERATOR, label: "Operator" }, ...(places.length > 0 ? [{ group: "Tenants", items: places }] : [])] : places;
	function go(value: string | null): void {
		if (value === OPERATOR) void navigate({ to: "/operator" });
		else if (value !== null) choose(value);
	}
	return (
		<Box miw={0} className="kw-switcher">
			<div className="kw-brand">
				{profile?.logo_url ? <img src={profile.logo_url} alt="" height={20} /> : <Mark />}
				<Text fw={600} truncate title={profile?.product_name}>
					{profile?.product_name ?? ""}
				</Text>
			</div>
			{operator || places.length > 1 ? (
				<Select
					aria-label={operator ? "Operator or tenant" : "Tenant"}
					classNames={{ input: "kw-tenant" }}
					leftSection={<Initial of={tenant?.name ?? "Operator"} operator={tenant === null} />}
					leftSectionPointerEvents="none"
					rightSection={<IconSelector size={14} aria-hidden="true" />}
					rightSectionPointerEvents="none"
					data={data}
					value={tenant?.id ?? OPERATOR}
					onChange={go}
					searchable={places.length > SEARCHED_FROM}
					comboboxProps={{ width: LIST_PX, position: "bottom-start" }}
				/>
			) : (
				<div className="kw-tenant" title={tenant?.name}>
					<Initial of={tenant?.name ?? ""} />
					<bdi>{tenant?.name ?? ""}</bdi>
				</div>
			)}
		</Box>
	);
}
