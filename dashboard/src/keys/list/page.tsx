import { Button, Group } from "@mantine/core";
import { IconFeather, IconPlus } from "@tabler/icons-react";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useState } from "react";
import { useAccess, useProfile, useTenant } from "../../access/session.ts";
import { lazyDialog } from "../../ui/lazy-dialog.tsx";
import { Page } from "../../ui/page.tsx";
import { PageSkeleton } from "../../ui/page-skeleton.tsx";
import { ListMissing } from "../missing.tsx";
import { type ApiKey, choicesQuery, endingQuery } from "../queries.ts";
import type { BulkTarget } from "../revoke/bulk-words.ts";
import { RevokeDialog } from "../revoke/lazy.ts";
import type { Reason } from "../words.ts";
import { ListBoard } from "./board.tsx";
import { EndingBanner } from "./ending-banner.tsx";
import { ListKeys } from "./keys.tsx";
import { useListFilters } from "./search.ts";

const loadCreate = () => import("./create-sheet.tsx");
const CreateSheet = lazyDialog(
	() => loadCreate().then((module) => module.CreateSheet),
	({ opened }) => opened,
	{ opened: false },
);
const CanaryDialog = lazyDialog(
	() => import("../canary/dialog.tsx").then((module) => module.CanaryDialog),
	({ opened }) => opened,
	{ opened: false },
);
const BulkRevoke = lazyDialog(
	() => import("../revoke/bulk-revoke.tsx").then((module) => module.BulkRevoke),
	({ target }) => target !== null,
	{
		target: null,
	},
);

/** API Access: the tenant's keys, or what is missing to create one. */
export default function ListPage() {
	const tenant = useTenant();
	const access = useAccess();
	const profile = useProfile();
	const { data: choices } = useSuspenseQuery(choicesQuery(tenant.id));
	const ending = useQuery(endingQuery(tenant.id));
	const { create: creating } = useSearch({ strict: false });
	const navigate = useNavigate();
	const [canary, setCanary] = useState(false);
	const [bulk, setBulk] = useState<BulkTarget | null>(null);
	const [revoking, setRevoking] = useState<{ readonly key: ApiKey; readonly reason: Reason | undefined } | null>(null);
	// Stable, because the columns of the table depend on it.
	const revoke = useCallback((key: ApiKey, reason?: Reason) => setRevoking({ key, reason }), []);
	const [filters, setFilters] = useListFilters();
	/** The open form is in the address, so that a link or a shortcut opens it; closing replaces that entry of the history. */
	function setCreating(open: boolean): void {
		const search = { tenant: tenant.id, ...filters, ...(open ? { create: true as const } : {}) };
		void navigate({ to: "/settings/api-access", search, replace: !open, resetScroll: false });
	}
	const create = (
		<Group gap={8}>
			<Button variant="default" leftSection={<IconFeather size={16} aria-hidden="true" />} onClick={() => setCanary(true)}>
				Make a canary key
			</Button>
			<Button
				leftSection={<IconPlus size={16} aria-hidden="true" />}
				onPointerEnter={loadCreate}
				onFocus={loadCreate}
				onClick={() => setCreating(true)}
			>
				Create a key
			</Button>
		</Group>
	);
	// The notice of endings stands above the rows and would push them down.
	if (ending.isPending) return <PageSkeleton />;
	return (
		<Page
			title="API Access"
			lead={`Keys let your own programs call ${profile?.product_name ?? "the API"} for ${tenant.name}.`}
			action={access.may.create_keys && choices.any ? create : undefined}
		>
			{access.missing.length > 0 && <ListMissing missing={access.missing} />}
			{choices.any && <EndingBanner tenant_id={tenant.id} />}
			{choices.any ? (
				<ListKeys
					key={`keys of ${tenant.id}`}
					tenant_id={tenant.id}
					filters={filters}
					onFilters={setFilters}
					choices={choices}
					may={access.may}
					onBulk={setBulk}
					onRevoke={revoke}
				/>
			) : (
				access.allowed && <ListBoard onCreate={() => setCreating(true)} />
			)}
			<CreateSheet key={tenant.id} tenant_id={tenant.id} opened={creating === true && access.may.create_keys} onClose={() => setCreating(false)} />
			<CanaryDialog
				key={`canary of ${tenant.id}`}
				tenant_id={tenant.id}
				opened={canary && access.may.create_keys}
				onClose={() => setCanary(false)}
				taken={choices.live_names}
			/>
			<BulkRevoke tenant_id={tenant.id} target={bulk} choices={choices} onClose={() => setBulk(null)} />
			<RevokeDialog tenant_id={tenant.id} apiKey={revoking?.key ?? null} reason={revoking?.reason} onClose={() => setRevoking(null)} />
		</Page>
	);
}
