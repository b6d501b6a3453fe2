// Generated from the migrations by `npm run generate`; do not edit.
import type { ColumnType } from "kysely";

type Generated<T> = T extends ColumnType<infer S, infer I, infer U> ? ColumnType<S, I | undefined, U> : ColumnType<T, T | undefined, T>;
/** Read as a Date; written as a Date or an RFC 3339 text. */
export type Timestamp = ColumnType<Date, Date | string, Date | string>;
/** Read as the parsed value; written as JSON text. Its shape is checked where it is parsed. */
export type Json = ColumnType<unknown, string, string>;

export interface AuditEntriesTable {
	chain: string;
	seq: number;
	at: Timestamp;
	action: string;
	target_kind: string;
	target_id: string;
	request_id: string;
	details: Json | null;
	details_digest: Buffer;
	audit_key_id: string;
	mac: Buffer;
}

export interface AuditHeadsTable {
	chain: string;
	seq: number;
	mac: Buffer;
}

export interface ChangeSequenceTable {
	singleton: Generated<boolean>;
	seq: number;
}

export interface DocumentsTable {
	tenant_id: string;
	site_id: string;
	id: string;
	kind: string;
	title: string | null;
	category: string | null;
	filename: string | null;
	content_type: string;
	size_bytes: number;
	sha256: string;
	created_at: Generated<Timestamp>;
	created_by_key_id: string;
}

export interface IdempotencyTable {
	tenant_id: string;
	caller: string;
	idempotency_key: string;
	fingerprint: Buffer;
	subject_id: string;
	result: Json | null;
	created_at: Generated<Timestamp>;
}

export interface InvalidationsTable {
	seq: number;
	position: number;
	kind: string;
	id: string;
	committed_at: Generated<Timestamp>;
}

export interface KeyActivityTable {
	tenant_id: string;
	key_id: string;
	last_check_at: Timestamp;
}

export interface KeysTable {
	tenant_id: string;
	id: string;
	name: string;
	environment: string;
	owner: Json;
	integration: string | null;
	labels: Generated<Json>;
	permissions: string[];
	site_ids: string[] | null;
	allowed_ips: string[] | null;
	rotate_every_days: number | null;
	rotation_due_at: Timestamp | null;
	expires_at: Timestamp | null;
	paused_at: Timestamp | null;
	created_at: Generated<Timestamp>;
	created_by: Json;
	revoked_at: Timestamp | null;
	revoked_by: Json | null;
	revoke_reason: string | null;
	revoke_note: string | null;
}

export interface MigrationsTable {
	number: number;
	name: string;
	digest: string;
	applied_at: Generated<Timestamp>;
}

export interface NodesTable {
	id: string;
	version: string;
	started_at: Generated<Timestamp>;
	renewed_at: Generated<Timestamp>;
	applied_seq: number;
	lease_ms: number;
	fenced_at: Timestamp | null;
}

export interface OutboxTable {
	id: string;
	tenant_id: string;
	type: string;
	data: Json;
	created_at: Generated<Timestamp>;
	delivered_at: Timestamp | null;
	attempts: Generated<number>;
	next_attempt_at: Generated<Timestamp>;
}

export interface PeppersTable {
	pepper_id: string;
	canary: Buffer;
	created_at: Generated<Timestamp>;
}

export interface PermissionsTable {
	name: string;
	description: string;
	capability: string;
	built_in: Generated<boolean>;
	created_at: Generated<Timestamp>;
}

export interface PlansTable {
	id: string;
	name: string;
	capabilities: string[];
	rate_limits: Json;
	quota_requests_per_month: number | null;
	limits: Json;
	max_key_lifetime_days: number | null;
	created_at: Generated<Timestamp>;
	updated_at: Generated<Timestamp>;
}

export interface QuotaPeriodsTable {
	tenant_id: string;
	month: string;
	leased: number;
}

export interface SecretActivityTable {
	kid: string;
	tenant_id: string;
	first_used_at: Timestamp;
	last_used_at: Timestamp;
}

export interface SecretsTable {
	kid: string;
	tenant_id: string;
	key_id: string;
	mac: Buffer;
	mac_version: number;
	pepper_id: string;
	last4: string;
	created_at: Generated<Timestamp>;
	retires_at: Timestamp | null;
	retired_at: Timestamp | null;
}

export interface ServicesTable {
	id: string;
	name: string;
	credential_id: string;
	mac: Buffer;
	mac_version: number;
	pepper_id: string;
	last4: string;
	created_at: Generated<Timestamp>;
	revoked_at: Timestamp | null;
}

export interface SitesTable {
	tenant_id: string;
	id: string;
	name: string;
	environment: string | null;
	created_at: Generated<Timestamp>;
}

export interface TenantStorageTable {
	tenant_id: string;
	documents: Generated<number>;
	storage_bytes: Generated<number>;
}

export interface TenantsTable {
	id: string;
	name: string;
	plan_id: string | null;
	status: Generated<string>;
	external_id: string | null;
	limits: Json | null;
	client_policy: Generated<string>;
	created_at: Generated<Timestamp>;
	erased_at: Timestamp | null;
}

export interface UploadsTable {
	tenant_id: string;
	id: string;
	node_id: string;
	reserved_bytes: number;
	started_at: Generated<Timestamp>;
}

export interface UsageFlushesTable {
	node_id: string;
	flush_number: number;
	flushed_at: Generated<Timestamp>;
	waiting: Generated<boolean>;
	keys: string | null;
	operations: string | null;
	secret_uses: string | null;
	key_checks: string | null;
}

export interface UsageKeysTable {
	tenant_id: string;
	key_id: string;
	kid: string;
	granularity_seconds: number;
	start: Timestamp;
	code: string;
	requests: number;
}

export interface UsageOperationsTable {
	tenant_id: string;
	site_id: string;
	operation: string;
	granularity_seconds: number;
	start: Timestamp;
	code: string;
	requests: number;
}

export interface Tables {
	audit_entries: AuditEntriesTable;
	audit_heads: AuditHeadsTable;
	change_sequence: ChangeSequenceTable;
	documents: DocumentsTable;
	idempotency: IdempotencyTable;
	invalidations: InvalidationsTable;
	key_activity: KeyActivityTable;
	keys: KeysTable;
	migrations: MigrationsTable;
	nodes: NodesTable;
	outbox: OutboxTable;
	peppers: PeppersTable;
	permissions: PermissionsTable;
	plans: PlansTable;
	quota_periods: QuotaPeriodsTable;
	secret_activity: SecretActivityTable;
	secrets: SecretsTable;
	services: ServicesTable;
	sites: SitesTable;
	tenant_storage: TenantStorageTable;
	tenants: TenantsTable;
	uploads: UploadsTable;
	usage_flushes: UsageFlushesTable;
	usage_keys: UsageKeysTable;
	usage_operations: UsageOperationsTable;
}
