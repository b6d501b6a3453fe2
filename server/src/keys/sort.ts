import { isTime, type PageRequest, type Window, windowByTexts } from "../http/input/cursor.ts";

export const SORTS = ["created", "name", "last_used", "expires", "rotation_due", "status"] as const;
export type Sort = (typeof SORTS)[number];
export const ORDERS = ["asc", "desc"] as const;
export type Order = (typeof ORDERS)[number];

/** A list's order. Nulls come last in either direction; ties are ordered by id. */
export interface KeyOrder {
	readonly sort: Sort;
	readonly order: Order;
}

/** The keys to read: those after `after`, whose `value` is null if that key has no sort value. */
export interface KeyWindow extends KeyOrder {
	readonly after: { readonly value: string | null; readonly id: string } | null;
	readonly rows_max: number;
}

/** Whether a key may have no value to sort by. */
export function isNullable(sort: Sort): boolean {
	return sort !== "created" && sort !== "name" && sort !== "status";
}

/** Defaults: names, dates ahead and the status that needs a person most ascending, creation and last use descending. */
export function getOrder(query: Partial<KeyOrder>): KeyOrder {
	const sort = query.sort ?? "created";
	return { sort, order: query.order ?? (sort === "created" || sort === "last_used" ? "desc" : "asc") };
}

/** A cursor holds sort, order, the sort value of the page's last key ("" for null) and its id. */
const CURSOR_TEXTS = 4;
const RANK = /^[0-4]$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

function isMicrosecond(text: string): boolean {
	return TIME.test(text) && isTime(`${text.slice(0, 23)}Z`);
}

function isCursorOf({ sort, order }: KeyOrder, texts: readonly string[]): boolean {
	const [cursor_sort, cursor_order, value = "", id = ""] = texts;
	if (cursor_sort !== sort || cursor_order !== order || id === "") return false;
	if (value === "") return isNullable(sort);
	if (sort === "status") return RANK.test(value);
	return sort === "name" || isMicrosecond(value);
}

/** The window of a page, for the store and for `toPage`. 400 `invalid_request` for a cursor of another order. */
export function getKeyWindow(request: PageRequest & Partial<KeyOrder>): { window: Window; wanted: KeyWindow } {
	const order = getOrder(request);
	const window = windowByTexts(request, CURSOR_TEXTS, (texts) => isCursorOf(order, texts));
	const [, , value, id] = window.after ?? [];
	const after = id === undefined ? null : { value: value === undefined || value === "" ? null : value, id };
	return { window, wanted: { ...order, after, rows_max: window.rows_max } };
}

/** The cursor's texts for the page after this key. */
export function cursorTexts({ sort, order }: KeyOrder, row: { sort_value: string | null; id: string }): readonly string[] {
	return [sort, order, row.sort_value ?? "", row.id];
}
