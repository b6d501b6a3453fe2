import type { DatabaseContext } from "../../database/database.ts";
import { read } from "../../database/read.ts";
import { type Page, type PageRequest, toPage, windowByTime } from "../../http/input/cursor.ts";
import type { Service } from "./service.ts";
import { readServices } from "./store.ts";

/** One page of the services, also of revoked ones, the newest first. */
export async function listServices(context: DatabaseContext, input: PageRequest): Promise<Page<Service>> {
	const window = windowByTime(input);
	return toPage(await read(context, (tx) => readServices(tx, window)), window, (service) => [service.created_at, service.id]);
}
