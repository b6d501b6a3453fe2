import type { DatabaseContext } from "../../database/database.ts";
import { read } from "../../database/read.ts";
import { type Page, type PageRequest, toPage, windowByText } from "../../http/input/cursor.ts";
import type { Capability, TenantCapability } from "./capability.ts";
import { readCapabilities, readCapabilitiesOfTenant } from "./capability-store.ts";

/** One page of the capabilities, sorted by name: those with words, and those that only a plan or a permission names. */
export async function listCapabilities(context: DatabaseContext, input: PageRequest): Promise<Page<Capability>> {
	const window = windowByText(input);
	return toPage(await read(context, (tx) => readCapabilities(tx, window)), window, ({ name }) => [name]);
}

/** What plans can include, and what of it the tenant's does; sorted by name. The catalogue is bounded, so this is no page. */
export async function listCapabilitiesOfTenant(context: DatabaseContext, input: { tenant_id: string }): Promise<{ data: TenantCapability[] }> {
	return { data: await read(context, (tx) => readCapabilitiesOfTenant(tx, input.tenant_id)) };
}
