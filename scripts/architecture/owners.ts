import ts from "typescript";
import { eachNode, type Source, type Violation, violation } from "./source.ts";

interface Owner {
	/** The module whose stores write the table. */
	readonly owner: string;
	/** Modules that read it as well, in their own stores. */
	readonly readers?: readonly string[];
	/** Modules that write it as well, each with its reason in the comment beside it. */
	readonly writers?: readonly string[];
}

/** Reads everything of an instance, for `keywright-server export`. */
const READS_ALL = "cli";
const SERVER = "server/src/";

/** Every table and the one module that owns it. `tables.ts` is generated from the migrations; a table that is missing here is a violation. */
export const OWNERS: Readonly<Record<string, Owner>> = {
	// What alerts are about, read across tenants.
	alert_news: { owner: "outbox", readers: ["alerts"], writers: ["usage"] },
	alert_progress: { owner: "alerts" },
	alert_rules: { owner: "alerts", readers: ["mailing"] },
	alert_tests: { owner: "alerts" },
	alerts: { owner: "alerts", readers: ["overview", "checklist"] },
	api_profile: { owner: "plans" },
	audit_entries: { owner: "audit" },
	audit_heads: { owner: "audit" },
	capabilities: { owner: "plans" },
	auth_failure_counts: { owner: "usage", readers: ["failures"], writers: ["tenants"] },
	auth_failures: { owner: "failures", writers: ["tenants"] },
	// A change of a key lowers the amounts of its periods, so that alerts find them.
	budget_periods: { owner: "verification", readers: ["alerts"], writers: ["keys"] },
	canary_uses: { owner: "keys", writers: ["tenants"] },
	change_sequence: { owner: "nodes", readers: ["audit", "access", "overview"] },
	checklist_turns: { owner: "checklist", writers: ["tenants"] },
	checklists: { owner: "checklist", writers: ["tenants"] },
	complete_operations: { owner: "checklist" },
	// Erasing a tenant (tenants/erase-store.ts) deletes what is the tenant's, whichever module owns it.
	documents: { owner: "documents", readers: ["tenants"], writers: ["tenants"] },
	expiry_warnings: { owner: "keys" },
	// Where a permission or capability is used (plans/catalogue): rules name them, and keys have them.
	forward_auth_rules: { owner: "forward-auth", readers: ["plans"] },
	handovers: { owner: "keys", writers: ["tenants"] },
	idempotency: { owner: "audit", writers: ["tenants"] },
	invalidations: { owner: "nodes" },
	// Accepting an invitation makes a person a member.
	invitations: { owner: "tenants", readers: ["access"], writers: ["access"] },
	key_checklists: { owner: "checklist", writers: ["tenants"] },
	key_activity: { owner: "usage", readers: ["keys", "checklist"] },
	key_exposures: { owner: "keys", readers: ["alerts", "checklist"] },
	key_sources: { owner: "usage", readers: ["alerts", "failures", "keys", "checklist"] },
	keys: {
		owner: "keys",
		readers: ["verification", "alerts", "failures", "usage", "tenants", "plans", "overview", "mailing", "checklist"],
		writers: ["tenants"],
	},
	legacy_formats: { owner: "keys" },
	members: { owner: "tenants", readers: ["alerts", "access", "keys", "mailing", "checklist"], writers: ["access"] },
	mail_unsubscriptions: { owner: "mailing" },
	mails: { owner: "mailing", readers: ["alerts", "overview"] },
	migrations: { owner: "database" },
	nodes: { owner: "nodes", readers: ["usage", "outbox", "overview"] },
	operator_invitations: { owner: "access" },
	operator_webhook_mails: { owner: "overview" },
	operators: { owner: "access", readers: ["tenants"] },
	// Distributed to endpoints by webhooks/, to people by mailing/.
	outbox: { owner: "outbox", readers: ["alerts", "audit", "overview"], writers: ["webhooks", "mailing"] },
	people: { owner: "access", readers: ["alerts", "tenants", "keys", "mailing"], writers: ["tenants"] },
	peppers: { owner: "keys" },
	permissions: { owner: "plans", readers: ["overview"] },
	plans: { owner: "plans", readers: ["alerts", "tenants", "overview"] },
	portal_sessions: { owner: "access" },
	quota_periods: { owner: "verification", readers: ["alerts", "overview"] },
	rehearsals: { owner: "checklist", writers: ["tenants"] },
	rotation_confirmations: { owner: "keys" },
	rotations: { owner: "keys", readers: ["alerts", "checklist"] },
	scheduled_rotations: { owner: "keys", readers: ["alerts"], writers: ["tenants"] },
	secret_activity: { owner: "usage", readers: ["alerts", "keys", "checklist"] },
	secret_operations: { owner: "usage" },
	secret_sources: { owner: "usage", readers: ["alerts"] },
	secrets: { owner: "keys", readers: ["alerts", "failures", "usage", "checklist"], writers: ["tenants"] },
	services: { owner: "access", readers: ["keys"], writers: ["keys"] },
	sign_in_accounts: { owner: "access" },
	sign_in_attempts: { owner: "access" },
	sign_in_links: { owner: "access" },
	sign_in_sessions: { owner: "access" },
	sign_in_verifications: { owner: "access" },
	sites: { owner: "tenants", readers: ["alerts", "documents", "keys", "overview", "checklist"] },
	source_names: { owner: "usage", readers: ["alerts", "failures", "checklist"] },
	tenant_storage: { owner: "documents", readers: ["alerts", "overview"] },
	tenants: { owner: "tenants", readers: ["alerts", "access", "failures", "keys", "documents", "plans", "usage", "overview", "mailing", "checklist"] },
	unknown_auth_failures: { owner: "failures" },
	uploads: { owner: "documents" },
	usage_by_source: { owner: "usage", readers: ["checklist", "overview"], writers: ["tenants"] },
	usage_flushes: { owner: "usage" },
	usage_gap: { owner: "usage" },
	usage_keys: { owner: "usage" },
	usage_operations: { owner: "usage", readers: ["alerts", "overview"] },
	usage_progress: { owner: "usage" },
	webhook_deliveries: { owner: "webhooks", readers: ["alerts", "overview"] },
	webhook_queues: { owner: "webhooks", readers: ["alerts", "overview"] },
	webhooks: { owner: "webhooks", readers: ["alerts", "audit", "keys", "overview", "checklist"], writers: ["tenants"] },
};

const READS = new Set(["selectFrom", "innerJoin", "leftJoin"]);
const WRITES = new Set(["insertInto", "updateTable", "deleteFrom"]);

/** The tables that a call of the query builder names in its first argument: one, or a list, each perhaps with an alias. */
function tablesIn(argument: ts.Node | undefined): string[] {
	if (!argument) return [];
	const texts = ts.isArrayLiteralExpression(argument) ? [...argument.elements] : [argument];
	return texts.flatMap((text) => (ts.isStringLiteralLike(text) ? [text.text.replace(/ as .*/, "")] : []));
}

/** Table names after the keywords of a raw SQL text. */
const IN_SQL = /\b(insert\s+into|update|delete\s+from|merge\s+into|from|join|using)\s+(?:only\s+)?(?:keywright\.)?(\w+)/gi;

interface TableUse {
	readonly table: string;
	/** Whether the statement changes the table. */
	readonly writes: boolean;
}

function usesIn(node: ts.Node): TableUse[] {
	if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
		const name = node.expression.name.text;
		const writes = WRITES.has(name);
		return writes || READS.has(name) ? tablesIn(node.arguments[0]).map((table) => ({ table, writes })) : [];
	}
	if (!ts.isTaggedTemplateExpression(node) || node.tag.getText() !== "sql") return [];
	return [...node.template.getText().matchAll(IN_SQL)].map(([, keyword = "", table = ""]) => ({
		table,
		writes: /insert|update|delete|merge/i.test(keyword),
	}));
}

/** Checks each use of a table, by the query builder or in raw SQL, against `OWNERS`. */
export function checkOwners(source: Source): Violation[] {
	if (!source.path.startsWith(SERVER) || source.is_test) return [];
	const module = source.path.slice(SERVER.length).split("/")[0] ?? "";
	const found: Violation[] = [];
	eachNode(source, (node) => {
		for (const { table, writes } of usesIn(node)) {
			const message = invalidUse(table, module, writes);
			if (message !== null) found.push(violation(source, node.getStart(source.tree), message));
		}
	});
	return found;
}

function invalidUse(table: string, module: string, writes: boolean): string | null {
	const entry = OWNERS[table];
	if (!entry) return null;
	if (entry.owner === module || entry.writers?.includes(module)) return null;
	if (!writes && (module === READS_ALL || entry.readers?.includes(module))) return null;
	return `${writes ? "writes" : "reads"} the table ${table} of module ${entry.owner}: call a function of its store`;
}
