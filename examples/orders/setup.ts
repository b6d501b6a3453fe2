import { createVerifier } from "@keywright/client";
import { asRecord, asText, type Operator, OperatorError } from "./operator.ts";
import type { State } from "./state.ts";

const CAPABILITY = "orders";
const PERMISSIONS = { "orders:read": "Read the orders of the tenant", "orders:write": "Place orders" };
const DEMO_TENANT = "demo";

/** The credentials of the example. */
export interface Setup {
	readonly tenant_id: string;
	readonly credential: string;
	/** May read and write. */
	readonly write_key: string;
	/** May only read. */
	readonly read_key: string;
}

/** The complete setup that protects an API; a repetition changes nothing. */
export async function setUp(url: string, operator: Operator, state: State): Promise<Setup> {
	for (const [permission, description] of Object.entries(PERMISSIONS)) {
		await operator.call("PUT", `/api/v1/operator/permissions/${permission}`, { description, capability: CAPABILITY });
	}
	const tenant = await findTenant(operator);
	await includeCapability(operator, asText(tenant.plan_id));
	const tenant_id = asText(tenant.id);
	const credential = await ensureCredential(url, operator, state);
	const ensure = (file: string, name: string, permissions: string[]): Promise<string> =>
		ensureKey({ url, credential, operator, state, tenant_id, file, name, permissions });
	return {
		tenant_id,
		credential,
		write_key: await ensure("write_key", "dev-order-bot", ["orders:read", "orders:write"]),
		read_key: await ensure("read_key", "dev-order-report", ["orders:read"]),
	};
}

async function findTenant(operator: Operator): Promise<Record<string, unknown>> {
	const tenants = await operator.list("/api/v1/operator/tenants");
	const demo = tenants.find((tenant) => tenant.id === DEMO_TENANT);
	if (!demo) throw new OperatorError(`There is no tenant "${DEMO_TENANT}": start Keywright with npm start, which creates it on an empty database.`);
	return demo;
}

async function includeCapability(operator: Operator, plan_id: string): Promise<void> {
	const plan = (await operator.list("/api/v1/operator/plans")).find((entry) => entry.id === plan_id);
	if (!plan || !Array.isArray(plan.capabilities)) throw new OperatorError(`The plan ${plan_id} cannot be read.`);
	if (plan.capabilities.includes(CAPABILITY)) return;
	await operator.call("PUT", `/api/v1/operator/plans/${plan_id}`, { ...plan, capabilities: [...plan.capabilities, CAPABILITY] });
}

async function ensureCredential(url: string, operator: Operator, state: State): Promise<string> {
	const kept = await state.read("service_credential");
	if (kept && (await codeFor(url, kept, "not-a-key", {})) !== null) return kept;
	const made = await operator.call("POST", "/api/v1/operator/services", { name: "orders example" });
	const credential = asText(made.credential);
	await state.write("service_credential", credential);
	return credential;
}

interface Wanted {
	url: string;
	credential: string;
	operator: Operator;
	state: State;
	tenant_id: string;
	file: string;
	name: string;
	permissions: string[];
}

async function ensureKey({ url, credential, operator, state, tenant_id, file, name, permissions }: Wanted): Promise<string> {
	const kept = await state.read(file);
	if (kept && (await codeFor(url, credential, kept, { tenant_id, permissions })) === "allowed") return kept;
	const made = await operator.call("POST", `/api/v1/tenants/${tenant_id}/api-keys`, {
		name,
		environment: "dev",
		owner: "Orders example",
		permissions,
	});
	const raw_key = asText(asRecord(made).raw_key);
	await state.write(file, raw_key);
	return raw_key;
}

/** Keywright's code for a key, or null if the credential gets no decision. */
async function codeFor(
	url: string,
	credential: string,
	raw_key: string,
	asked: { tenant_id?: string; permissions?: string[] },
): Promise<string | null> {
	try {
		const verifier = createVerifier({ url, credential, on_error: () => undefined });
		const decision = await verifier.verify({ raw_key, ...asked });
		verifier.close();
		if (decision.allowed) return "allowed";
		return decision.code === "unavailable" ? null : decision.code;
	} catch {
		return null;
	}
}
