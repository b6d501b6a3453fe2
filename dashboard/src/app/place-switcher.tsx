import { Box, Group, Select, Text } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useChooseTenant, useProfile, useSession } from "../access/session.ts";

/** Cannot collide with a tenant id, because it contains a space. */
const OPERATOR = "the operator";
const SEARCHED_FROM = 8;

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
		<Box miw={0}>
			<Group gap={8} mb={6} wrap="nowrap">
				{profile?.logo_url && <img src={profile.logo_url} alt="" height={20} />}
				<Text fw={600} truncate>
					{profile?.product_name ?? ""}
				</Text>
			</Group>
			{operator || places.length > 1 ? (
				<Select
					aria-label={operator ? "Operator or tenant" : "Tenant"}
					size="xs"
					data={data}
					value={tenant?.id ?? OPERATOR}
					onChange={go}
					searchable={places.length > SEARCHED_FROM}
				/>
			) : (
				<Text size="sm" c="dimmed" truncate>
					{tenant?.name ?? ""}
				</Text>
			)}
		</Box>
	);
}
