import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useAccess, useProfile, useTenant } from "../../access/session.ts";
import { Page } from "../../ui/page.tsx";
import { CreateKey } from "../create/create-key.tsx";
import { ListMissing } from "../missing.tsx";
import { type ApiKey, choicesQuery } from "../queries.ts";
import { BulkRevoke } from "../revoke/bulk-revoke.tsx";
import type { BulkTarget } from "../revoke/bulk-words.ts";
import { RevokeDialog } from "../revoke/dialog.tsx";
import { ShowOnceSheet } from "../show-once/sheet.tsx";
import { ListBoard } from "./board.tsx";
import { EndingBanner } from "./ending-banner.tsx";
import { ListKeys } from "./keys.tsx";
import { useListFilters } from "./search.ts";

/** API Access: the tenant's keys, or what is missing to create one. */
export default function ListPage() {
	const tenant = useTenant();
	const access = useAccess();
	const profile = useProfile();
	const { data: choices } = useSuspenseQuery(choicesQuery(tenant.id));
	const [creating, setCreating] = useState(false);
	const [bulk, setBulk] = useState<BulkTarget | null>(null);
	const [revoking, setRevoking] = useState<ApiKey | null>(null);
	const [filters, setFilters] = useListFilters();
	const create = (
		<Button leftSection={<IconPlus size={16} aria-hidden="true" />} onClick={() => setCreating(true)}>
			Create a key
		</Button>
	);
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
					onRevoke={setRevoking}
				/>
			) : (
				access.allowed && <ListBoard onCreate={() => setCreating(true)} />
			)}
			<ShowOnceSheet
				key={tenant.id}
				tenant_id={tenant.id}
				opened={creating}
				onClose={() => setCreating(false)}
				title="Create a key"
				undone="The key has not been created."
				form={(sheet) => <CreateKey tenant_id={tenant.id} {...sheet} />}
			/>
			<BulkRevoke tenant_id={tenant.id} target={bulk} choices={choices} onClose={() => setBulk(null)} />
			<RevokeDialog tenant_id={tenant.id} apiKey={revoking} onClose={() => setRevoking(null)} />
		</Page>
	);
}
