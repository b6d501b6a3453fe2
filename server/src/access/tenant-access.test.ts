import { deepEqual, equal, match, throws } from "node:assert/strict";
import { test } from "node:test";
import { getAbilities, getMissing, getRole, type TenantAccessInput, type TenantRole } from "./tenant-access.ts";

const OLIVIA = { name: "Olivia", email: "olivia@example.com" };
const ADAM = { name: "Adam", email: "adam@example.com" };
const AROUND: TenantAccessInput = {
	tenant: { name: "Mira", status: "active" },
	plan: { name: "Team", capabilities: ["m2m_api"] },
	owners: [OLIVIA],
	admins: [ADAM],
	product_name: "Orders",
	support_url: "https://orders.example/help",
};
const FREE = { ...AROUND, plan: { name: "Free", capabilities: [] } };
const SUSPENDED = { ...AROUND, tenant: { name: "Mira", status: "suspended" as const } };
const ROLES: readonly TenantRole[] = ["viewer", "admin", "owner", "operator"];

test("owners, admins and the operator lack nothing in an active tenant whose plan has API access", () => {
	for (const role of ROLES.slice(1)) deepEqual(getMissing(role, AROUND), []);
});

test("a plan without API access is reported with the owners and the operator's support", () => {
	for (const role of ROLES) {
		const plan = getMissing(role, FREE).find(({ kind }) => kind === "plan");
		match(plan?.detail ?? "", /^API access is not included in the plan Free\. /);
		const decides = role === "owner" || role === "operator";
		deepEqual([plan?.who, plan?.support_url], [decides ? [] : [OLIVIA], "https://orders.example/help"]);
	}
});

test("owners are sent to the operator's support, never to themselves", () => {
	match(getMissing("owner", FREE)[0]?.detail ?? "", /Ask the support of Orders for a plan/);
	match(getMissing("owner", { ...FREE, support_url: null })[0]?.detail ?? "", /Ask your contact at Orders for a plan/);
	match(getMissing("operator", FREE)[0]?.detail ?? "", /Give the tenant a plan/);
	for (const role of ["owner", "operator"] as const)
		for (const around of [FREE, SUSPENDED]) for (const { who } of getMissing(role, around)) deepEqual(who, []);
});

test("a viewer sees that the role cannot create keys, and who can change it", () => {
	const [role] = getMissing("viewer", AROUND);
	match(role?.detail ?? "", /^The role viewer cannot create keys\. /);
	deepEqual([role?.kind, role?.who, role?.support_url], ["role", [OLIVIA, ADAM], null]);
});

test("suspension is reported first, and only the operator can end it", () => {
	const kinds = getMissing("viewer", { ...FREE, tenant: SUSPENDED.tenant }).map(({ kind }) => kind);
	deepEqual(kinds, ["standing", "plan", "role"]);
	match(getMissing("owner", SUSPENDED)[0]?.detail ?? "", /Mira is suspended.*Orders/);
});

test("exactly the callers who lack nothing may create keys", () => {
	for (const role of ROLES) {
		for (const around of [AROUND, FREE, SUSPENDED]) {
			const { create_keys } = getAbilities(role, around.tenant, around.plan);
			equal(create_keys, getMissing(role, around).length === 0, `${role} ${around.plan.name} ${around.tenant.status}`);
		}
	}
});

test("abilities grow with the role; in a suspended tenant keys can still be revoked", () => {
	const none = { create_keys: false, manage_keys: false, revoke_keys: false, manage_sites: false, see_invitations: false, manage_team: false };
	deepEqual(getAbilities("viewer", AROUND.tenant, AROUND.plan), none);
	const admin = { create_keys: true, manage_keys: true, revoke_keys: true, manage_sites: true, see_invitations: true, manage_team: false };
	deepEqual(getAbilities("admin", AROUND.tenant, AROUND.plan), admin);
	for (const role of ["owner", "operator"] as const) deepEqual(getAbilities(role, AROUND.tenant, AROUND.plan), { ...admin, manage_team: true });
	deepEqual(getAbilities("owner", SUSPENDED.tenant, AROUND.plan), { ...none, revoke_keys: true, see_invitations: true });
});

test("a service has no role in a tenant", () => {
	throws(() => getRole({ kind: "service", id: "svc_1", name: "checkout" }), /role_not_allowed/);
});
