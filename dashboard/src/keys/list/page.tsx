import { Button, Group } from "@mantine/core";
import { IconFeather, IconPlus } from "@tabler/icons-react";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo, useState } from "react";
import { useAccess, useProfile, useTenant } from "../../access/session.ts";
import { membersQuery } from "../../tenants/team-queries.ts";
import { useDialog, useStaying } from "../../ui/dialog/use-dialog.ts";
import { lazyDialog } from "../../ui/lazy-dialog.tsx";
import { Page } from "../../ui/page.tsx";
import { PageSkeleton } from "../../ui/page-skeleton.tsx";
import { filtersFrom, type ListFilters } from "../list-filters.ts";
import { ListMissing } from "../missing.tsx";
import { type ApiKey, choicesQuery, endingQuery, keyQuery } from "../queries.ts";
import type { BulkTarget } from "../revoke/bulk-words.ts";
import { RevokeDialog } from "../revoke/lazy.ts";
import type { TransferFrom } from "../transfer/dialog.tsx";
import type { Reason } from "../words.ts";
import { ListBoard } from "./board.tsx";
import { EndingBanner } from "./ending-banner.tsx";
import { ListKeys } from "./keys.tsx";

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
const TransferDialog = lazyDialog(
	() => import("../transfer/dialog.tsx").then((module) => module.TransferDialog),
	({ from }) => from !== null,
	{ from: null },
);

/** API Access: the tenant's keys, or what is missing to create one. */
export default function ListPage() {
	const tenant = useTenant();
	const access = useAccess();
	const profile = useProfile();
	const { data: choices } = useSuspenseQuery(choicesQuery(tenant.id));
	const ending = useQuery(endingQuery(tenant.id));
	const creating = useDialog("create");
	const canary = useDialog("canary");
	const bulk = useBulk(access.may.revoke_keys);
	const revoking = useRevoking(tenant.id, access.may.revoke_keys);
	const transfer = useTransfer(tenant.id, access.may.manage_keys);
	const creates = useStaying(creating.opened, access.may.create_keys);
	const makes_canary = useStaying(canary.opened, access.may.create_keys);
	const [filters, setFilters] = useListFilters();
	const create = (
		<Group gap={8}>
			<Button variant="default" leftSection={<IconFeather size={16} aria-hidden="true" />} onClick={() => canary.open()}>
				Make a canary key
			</Button>
			<Button
				leftSection={<IconPlus size={16} aria-hidden="true" />}
				onPointerEnter={loadCreate}
				onFocus={loadCreate}
				onClick={() => creating.open()}
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
			lead={
				<>
					Keys let your own programs call {profile?.product_name ?? "the API"} for{" "}
					<span className="kw-name" title={tenant.name}>
						<bdi>{tenant.name}</bdi>.
					</span>
				</>
			}
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
					onBulk={bulk.open}
					onRevoke={revoking.open}
				/>
			) : (
				access.allowed && <ListBoard onCreate={() => creating.open()} />
			)}
			<CreateSheet key={tenant.id} tenant_id={tenant.id} opened={creates} onClose={creating.close} />
			<CanaryDialog key={`canary of ${tenant.id}`} tenant_id={tenant.id} opened={makes_canary} onClose={canary.close} taken={choices.live_names} />
			<BulkRevoke tenant_id={tenant.id} target={bulk.target} choices={choices} onClose={bulk.close} />
			<TransferDialog tenant_id={tenant.id} from={transfer.from} onClose={transfer.close} />
			<RevokeDialog tenant_id={tenant.id} apiKey={revoking.key} reason={revoking.reason} onClose={revoking.close} />
		</Page>
	);
}

const BY_FILTER: BulkTarget = { kind: "filter", filter: {} };
const SELECTED = "selected";

/** What to revoke at once. Ids of selected keys are not in the address: they may be too many, and a link of a stranger must not select keys. */
function useBulk(may: boolean) {
	const { opened, of, open, close } = useDialog("bulk-revoke");
	const [selected, setSelected] = useState<BulkTarget | null>(null);
	const asks = useStaying(opened, may);
	const target = of === SELECTED ? selected : BY_FILTER;
	return {
		target: asks ? target : null,
		open(next: BulkTarget): void {
			setSelected(next);
			open(next.kind === "keys" ? SELECTED : undefined);
		},
		close,
	};
}

/** The key that the address asks to revoke, which may be on no page of the list. */
function useRevoking(tenant_id: string, may: boolean) {
	const plain = useDialog("revoke");
	const leaked = useDialog("revoke-leaked");
	const key_id = plain.of ?? leaked.of;
	const { data } = useQuery({ ...keyQuery(tenant_id, key_id ?? ""), enabled: key_id !== null });
	const reason: Reason | undefined = leaked.opened ? "suspected_exposure" : undefined;
	const { open: openPlain } = plain;
	const { open: openLeaked } = leaked;
	// Stable, because the columns of the table depend on it.
	const open = useCallback(
		(key: ApiKey, why?: Reason) => (why === "suspected_exposure" ? openLeaked(key.id) : openPlain(key.id)),
		[openPlain, openLeaked],
	);
	const asks = useStaying(key_id !== null, may && data !== undefined && data.status !== "revoked");
	const key = asks && data !== undefined ? data : null;
	return { key, reason, open, close: leaked.opened ? leaked.close : plain.close };
}

/** The person whose keys the address asks to transfer: a member, or who is responsible for a key and may have left. */
function useTransfer(tenant_id: string, may: boolean): { from: TransferFrom | null; close: () => void } {
	const { opened, of, close } = useDialog("transfer");
	const asks = useStaying(opened && of !== null, may);
	const key = useQuery({ ...keyQuery(tenant_id, of ?? ""), enabled: asks && of?.startsWith("key_") === true });
	const members = useQuery({ ...membersQuery(tenant_id), enabled: asks && key.data === undefined });
	const owner = key.data?.owner;
	const member = members.data?.data.find(({ id }) => id === of);
	const from = useMemo(() => {
		if (owner !== undefined) return { query: owner.member_id ?? owner.email ?? owner.name, name: owner.name };
		return member === undefined ? null : { query: member.id, name: member.name };
	}, [owner, member]);
	return { from: asks ? from : null, close };
}

/** The filters in the address and their setter, which replaces the current history entry. */
function useListFilters(): [ListFilters, (next: ListFilters) => void] {
	const search = useSearch({ strict: false });
	const navigate = useNavigate();
	function change(next: ListFilters): void {
		// A dialog may have been opened since the text was typed.
		const kept = ({ tenant, dialog, of }: typeof search) => ({
			...(tenant === undefined ? {} : { tenant }),
			...(dialog === undefined ? {} : { dialog }),
			...(of === undefined ? {} : { of }),
		});
		void navigate({ to: "/settings/api-access", search: (now) => ({ ...kept(now), ...next }), replace: true });
	}
	return [filtersFrom(search), change];
}
