const SORTS = ["name", "created_at", "keys", "requests_24h"] as const;
export type TenantSort = (typeof SORTS)[number];
const ORDERS = ["asc", "desc"] as const;
type Order = (typeof ORDERS)[number];
const STATUSES = ["active", "suspended"] as const;
export type TenantStatus = (typeof STATUSES)[number];
/** Dialogs with an address: `create`, or one about the open tenant. */
const DIALOGS = ["create", "plan", "limits", "details", "portal", "invite", "suspend", "delete"] as const;
export type TenantDialog = (typeof DIALOGS)[number];

const TEXT_CHARACTERS_MAX = 200;

/** The state of the page, as search parameters of the address. */
export interface TenantsSearch {
	search?: string;
	plan?: string;
	status?: TenantStatus;
	sort?: TenantSort;
	order?: Order;
	page?: number;
	/** The id of the tenant whose panel is open. */
	open?: string;
	dialog?: TenantDialog;
}

function getOne<const T extends string>(values: readonly T[], value: unknown): T | undefined {
	return values.find((known) => known === value);
}

function getText(value: unknown): string | undefined {
	return typeof value === "string" && value.trim() !== "" ? value.slice(0, TEXT_CHARACTERS_MAX) : undefined;
}

function getPage(value: unknown): number | undefined {
	const page = Number(value);
	return Number.isSafeInteger(page) && page > 1 ? page : undefined;
}

/** Parses the search parameters; ignores unknown or invalid ones. */
export function tenantsSearchFrom(search: Readonly<Record<string, unknown>>): TenantsSearch {
	const found: Record<keyof TenantsSearch, string | number | undefined> = {
		search: getText(search.search),
		plan: getText(search.plan),
		status: getOne(STATUSES, search.status),
		sort: getOne(SORTS, search.sort),
		order: getOne(ORDERS, search.order),
		page: getPage(search.page),
		open: getText(search.open),
		dialog: getOne(DIALOGS, search.dialog),
	};
	return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

/** The order after a click on a column head: names from A, figures from the largest, then reversed. */
export function sortedBy({ sort = "requests_24h", order = "desc" }: TenantsSearch, by: TenantSort): { sort: TenantSort; order: Order } {
	if (sort === by) return { sort: by, order: order === "asc" ? "desc" : "asc" };
	return { sort: by, order: by === "name" ? "asc" : "desc" };
}
