const PAGE_ROWS = 200;

/** Fetches all pages of a list in sequence. Only for lists that the server bounds. */
export async function readAllPages<Item>(
	page: (query: { limit: number; cursor?: string }) => Promise<{ data: Item[]; next_cursor: string | null }>,
): Promise<Item[]> {
	const items: Item[] = [];
	let cursor: string | null = null;
	do {
		const { data, next_cursor }: { data: Item[]; next_cursor: string | null } = await page({
			limit: PAGE_ROWS,
			...(cursor === null ? {} : { cursor }),
		});
		items.push(...data);
		cursor = next_cursor;
	} while (cursor !== null);
	return items;
}
