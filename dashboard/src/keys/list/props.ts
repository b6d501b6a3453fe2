import type { ListFilters } from "../list-filters.ts";
import type { ApiKey } from "../queries.ts";
import type { BulkTarget } from "../revoke/bulk-words.ts";
import type { Reason } from "../words.ts";
import type { Allowed } from "./menu.tsx";

export interface ListProps {
	readonly tenant_id: string;
	readonly filters: ListFilters;
	readonly onFilters: (next: ListFilters) => void;
	readonly choices: { readonly integrations: readonly string[]; readonly owners: readonly string[] };
	readonly may: Allowed;
	readonly onBulk: (target: BulkTarget) => void;
	readonly onRevoke: (key: ApiKey, reason?: Reason) => void;
}
