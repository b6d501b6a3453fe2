import type { Item, ItemName } from "./item.ts";

/** The one action that would meet an item: a button's text, and where the dashboard does it. */
export interface Way {
	readonly label: string;
	readonly href: string;
}

interface Step {
	readonly label: string;
	/** Below the dashboard's root; `:key`, also as a value of the search, is the key that the evidence names. */
	readonly path: string;
	readonly search?: Readonly<Record<string, string>>;
}

const KEY = "/settings/api-access/:key";
const NAME_CLIENTS: Step = { label: "Show its clients", path: `${KEY}/clients` };
const CREATE: Step = { label: "Create a key", path: "/settings/api-access", search: { dialog: "create" } };
const REPLACE: Step = { label: "Replace this key", path: KEY, search: { dialog: "replace" } };
const CONNECT: Step = { label: "Show how to check", path: "/checklist", search: { dialog: "check" } };

/** What to do about each reason. A reason that is missing here needs time or use, and nothing that a person could press. */
const STEPS: Readonly<Record<ItemName, Readonly<Record<string, Step>>>> = {
	environments_separate: {
		same_program: { ...CREATE, label: "Make a key of its own" },
		same_network: { ...NAME_CLIENTS, label: "Say who it is" },
		networks_unknown: NAME_CLIENTS,
		sites_unbound: { label: "Bind the sites", path: "/sites" },
		one_environment: { ...CREATE, label: "Make a development key" },
	},
	integrations_separate: {
		several_programs: { ...CREATE, label: "Make another key" },
		not_told_apart: { ...NAME_CLIENTS, label: "Say who it is" },
	},
	server_side_only: { used_outside: REPLACE },
	rotation_scheduled: {
		no_period: { label: "Set a period", path: `${KEY}/settings` },
		overdue: REPLACE,
	},
	connectivity_automated: { never_checked: CONNECT, irregular: CONNECT, new: CONNECT },
	revocation_rehearsed: {
		never: { label: "Rehearse", path: "/checklist", search: { dialog: "rehearse" } },
		not_confirmed: { label: "Confirm it", path: "/checklist", search: { dialog: "rehearse" } },
		too_old: { label: "Rehearse again", path: "/checklist", search: { dialog: "rehearse" } },
	},
	failures_monitored: {
		off: { label: "Turn the rule on", path: "/alerts", search: { dialog: "rule", of: "failures_jump" } },
		reaches_no_one: { label: "Add a webhook", path: "/webhooks", search: { dialog: "add" } },
		never_tested: { label: "Send a test alert", path: "/alerts", search: { dialog: "test" } },
		not_delivered: { label: "Send a test alert", path: "/alerts", search: { dialog: "test" } },
		too_old: { label: "Send a test alert", path: "/alerts", search: { dialog: "test" } },
	},
	least_privilege: {
		more_than_used: { label: "Narrow it", path: KEY, search: { dialog: "edit", of: "unused" } },
	},
	no_idle_keys: {
		idle: { label: "Revoke it", path: KEY, search: { dialog: "revoke" } },
		never_used: { label: "Revoke it", path: KEY, search: { dialog: "revoke" } },
	},
	responsible_present: {
		left: { label: "Name another person", path: "/settings/api-access", search: { dialog: "transfer", of: ":key" } },
		not_a_member: { label: "Name a member", path: KEY, search: { dialog: "edit" } },
	},
	expiry_set: { no_end: { label: "Set an end", path: KEY, search: { dialog: "later-end" } } },
	addresses_known: { any_address: { label: "Limit the addresses", path: KEY, search: { dialog: "edit" } } },
};

/** Null for an item that is met, and where nothing can be done but wait. */
export function wayOf({ item, status, evidence }: Item, tenant_id: string): Way | null {
	if (status === "met") return null;
	const step = evidence.reason === "no_keys" ? CREATE : STEPS[item][evidence.reason];
	if (step === undefined) return null;
	const key = evidence.key?.id ?? "";
	const of_key = (value: string) => (value === ":key" ? key : value);
	const search = new URLSearchParams({ tenant: tenant_id });
	for (const [name, value] of Object.entries(step.search ?? {})) search.set(name, of_key(value));
	return { label: step.label, href: `${step.path.replace(":key", encodeURIComponent(key))}?${search}` };
}
