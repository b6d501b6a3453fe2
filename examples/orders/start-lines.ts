import type { Setup } from "./setup.ts";
import type { State } from "./state.ts";

/** Curl lines that show that the API at `address` is guarded, each with its expected status. */
export function curlLines(address: string, keywright: string, setup: Setup, state: State): string {
	const orders = `${address}/tenants/${setup.tenant_id}/orders`;
	const key = (raw_key: string): string => `-H 'X-API-Key: ${raw_key}'`;
	const post = `-H 'Content-Type: application/json' -d '{"item":"tea","quantity":2}'`;
	return [
		`Orders of the tenant ${setup.tenant_id}, guarded by ${keywright}. Try:`,
		"",
		`# 201: this key has orders:read and orders:write`,
		`curl -i ${key(setup.write_key)} ${post} ${orders}`,
		`# 200: this key has orders:read`,
		`curl -i ${key(setup.read_key)} ${orders}`,
		`# 403: it lacks orders:write`,
		`curl -i ${key(setup.read_key)} ${post} ${orders}`,
		`# 404: it belongs to another tenant`,
		`curl -i ${key(setup.read_key)} ${address}/tenants/another-tenant/orders`,
		`# 401: no key`,
		`curl -i ${orders}`,
		"",
		`The service credential is in ${state.pathOf("service_credential")}. Ctrl-C stops.`,
	].join("\n");
}
