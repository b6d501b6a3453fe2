// Generated from the migrations by `npm run generate`; do not edit.
import type { ColumnType, GeneratedAlways } from "kysely";

type Generated<T> = T extends ColumnType<infer S, infer I, infer U> ? ColumnType<S, I | undefined, U> : ColumnType<T, T | undefined, T>;
/** Read as a Date; written as a Date or an RFC 3339 text. */
export type Timestamp = ColumnType<Date, Date | string, Date | string>;
/** Read as the parsed value; written as JSON text. Its shape is checked where it is parsed. */
export type Json = ColumnType<unknown, string, string>;

export interface AlertNewsTable {
	id: Generated<number>;
	tenant_id: string;
	rule: string;
	key_id: string | null;
	requests: number;
	details: Generated<Json>;
}

export interface AlertProgressTable {
	rule: string;
	evaluated_at: Timestamp;
}

export interface AlertRulesTable {
	tenant_id: string;
	rule: string;
	enabled: boolean;
	threshold: number | null;
	recipients: string[];
}

export interface AlertTestsTable {
	tenant_id: string;
	rule: string;
	id: string;
	tested_at: Timestamp;
	tested_by: Json;
	delivered_at: Timestamp | null;
}

export interface AlertsTable {
	tenant_id: string;
	id: string;
	rule: string;
	subject: string;
	key_id: string | null;
	status: Generated<string>;
	evidence: Json;
	count: number;
	raised_at: Timestamp;
	last_at: Timestamp;
	quiet_seconds: number | null;
	reminded_at: Timestamp | null;
	due_at: Timestamp | null;
	acknowledged_at: Timestamp | null;
	acknowledged_by: Json | null;
	resolved_at: Timestamp | null;
}

export interface ApiProfileTable {
	singleton: Generated<boolean>;
	profile: Json;
	updated_at: Generated<Timestamp>;
}

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
	actor_kind: GeneratedAlways<string | null>;
	actor_id: GeneratedAlways<string | null>;
}

export interface AuditHeadsTable {
	chain: string;
	seq: number;
	mac: Buffer;
}

export interface AuthFailureCountsTable {
	tenant_id: string;
	key_id: string;
	granularity_seconds: number;
	start: Timestamp;
	code: string;
	source_id: string;
	proven: boolean;
	requests: number;
}

export interface AuthFailuresTable {
	request_id: string;
	tenant_id: string;
	key_id: string;
	kid: string;
	at: Timestamp;
	code: string;
	check_name: string;
	operation: string;
	source_id: string;
	network: string;
	agent: string;
	client: string | null;
	facts: Json;
	proven: boolean;
	sampled: boolean;
	detail: string | null;
}

export interface BudgetPeriodsTable {
	tenant_id: string;
	key_id: string;
	name: string;
	per: string;
	start: string;
	leased: number;
	amount: number;
	told_percent: Generated<number>;
	near: GeneratedAlways<boolean>;
}

export interface CanaryUsesTable {
	tenant_id: string;
	key_id: string;
	first_at: Timestamp;
	last_at: Timestamp;
	requests: number;
}

export interface CapabilitiesTable {
	name: string;
	description: string;
	built_in: Generated<boolean>;
	created_at: Generated<Timestamp>;
}

export interface ChangeSequenceTable {
	singleton: Generated<boolean>;
	seq: number;
}

export interface ChecklistTurnsTable {
	tenant_id: string;
	id: Generated<number>;
	item: string;
	key_id: string | null;
	from_status: string;
	to_status: string;
	evidence: Json;
	at: Timestamp;
}

export interface ChecklistsTable {
	tenant_id: string;
	states: Json;
	evaluated_at: Timestamp;
	completed_at: Timestamp | null;
}

export interface CompleteOperationsTable {
	since: string;
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

export interface ExpiryWarningsTable {
	tenant_id: string;
	key_id: string;
	expires_at: Timestamp;
	days_before: number;
	warned_at: Timestamp;
}

export interface ForwardAuthRulesTable {
	singleton: Generated<boolean>;
	rules: Json;
	updated_at: Generated<Timestamp>;
}

export interface HandoversTable {
	tenant_id: string;
	id: string;
	key_id: string;
	token_digest: Buffer;
	email: string | null;
	created_at: Generated<Timestamp>;
	created_by: Json;
	expires_at: Timestamp;
	claimed_at: Timestamp | null;
	claimed_by: string | null;
	cancelled_at: Timestamp | null;
	rotation_id: string | null;
	member_id: string | null;
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

export interface InvitationsTable {
	tenant_id: string;
	id: string;
	email: string | null;
	role: string;
	token_digest: Buffer;
	created_at: Generated<Timestamp>;
	created_by: Json;
	expires_at: Timestamp;
	accepted_at: Timestamp | null;
	cancelled_at: Timestamp | null;
	makes_operator: Generated<boolean>;
	mail_token_digest: Buffer | null;
	link_proves: Generated<boolean>;
}

export interface KeyActivityTable {
	tenant_id: string;
	key_id: string;
	last_check_at: Timestamp;
}

export interface KeyChecklistsTable {
	tenant_id: string;
	key_id: string;
	states: Json;
	evaluated_at: Timestamp;
}

export interface KeyExposuresTable {
	tenant_id: string;
	key_id: string;
	kid: string;
	kind: string;
	first_at: Timestamp;
	last_at: Timestamp;
	requests: number;
	source_id: string | null;
	network: string | null;
	source: string | null;
	urls: Generated<string[]>;
	reporter: string | null;
	outcome: string | null;
}

export interface KeySourcesTable {
	tenant_id: string;
	key_id: string;
	source_id: string;
	network: string;
	agent: string;
	client: string | null;
	first_seen_at: Timestamp;
	last_seen_at: Timestamp;
	last_kid: string;
	requests: number;
	refused: number;
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
	rate_limits: Generated<Json>;
	expiry_set_at: Generated<Timestamp>;
	expiry_from: Generated<string>;
	client_policy: string | null;
	canary: Generated<boolean>;
	auto_rotate: string | null;
	budgets: Generated<Json>;
}

export interface LegacyFormatsTable {
	name: string;
	prefix: string;
	alphabet: string;
	length_min: number;
	length_max: number;
	created_at: Generated<Timestamp>;
}

export interface MailUnsubscriptionsTable {
	tenant_id: string;
	person_id: string;
	class: string;
	unsubscribed_at: Timestamp;
}

export interface MailsTable {
	tenant_id: string;
	event_id: string;
	person_id: string;
	class: string;
	status: string;
	day: string;
	attempts: Generated<number>;
	next_attempt_at: Timestamp | null;
	sent_at: Timestamp | null;
	claimed_by: string | null;
	claimed_until: Timestamp | null;
}

export interface MembersTable {
	tenant_id: string;
	id: string;
	person_id: string;
	role: string;
	joined_at: Generated<Timestamp>;
	last_seen_at: Timestamp | null;
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

export interface OperatorInvitationsTable {
	id: string;
	email: string;
	token_digest: Buffer;
	created_at: Generated<Timestamp>;
	created_by: Json;
	expires_at: Timestamp;
}

export interface OperatorWebhookMailsTable {
	webhook_id: string;
	state: string;
}

export interface OperatorsTable {
	person_id: string;
	created_at: Generated<Timestamp>;
	created_by: Json;
}

export interface OutboxTable {
	id: string;
	tenant_id: string;
	type: string;
	data: Json;
	created_at: Generated<Timestamp>;
	position: Generated<number>;
	distributed_at: Timestamp | null;
	mail_queued_at: Timestamp | null;
	alert_id: GeneratedAlways<string | null>;
}

export interface PeopleTable {
	id: string;
	name: string;
	email: string | null;
	email_verified: Generated<boolean>;
	image: string | null;
	created_at: Generated<Timestamp>;
	updated_at: Generated<Timestamp>;
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
	key_policy: Generated<string[]>;
}

export interface PortalSessionsTable {
	tenant_id: string;
	id: string;
	external_user_id: string;
	name: string;
	email: string | null;
	role: string;
	token_digest: Buffer;
	created_at: Generated<Timestamp>;
	expires_at: Timestamp;
	redeemed_at: Timestamp | null;
	session_digest: Buffer | null;
	session_expires_at: Timestamp | null;
	created_by: Json | null;
	confirmed: Generated<boolean>;
}

export interface QuotaPeriodsTable {
	tenant_id: string;
	month: string;
	leased: number;
}

export interface RehearsalsTable {
	tenant_id: string;
	id: string;
	key_id: string;
	started_at: Timestamp;
	started_by: Json;
	acknowledged_ms: number | null;
	nodes: Json | null;
	confirmed_at: Timestamp | null;
	confirmed_by: Json | null;
}

export interface RotationConfirmationsTable {
	tenant_id: string;
	rotation_id: string;
	source_id: string;
	confirmed_at: Timestamp;
	confirmed_by: Json;
}

export interface RotationsTable {
	tenant_id: string;
	id: string;
	key_id: string;
	state: string;
	predecessor_kid: string;
	successor_kid: string | null;
	handover_id: string | null;
	overlap_seconds: number | null;
	hard_stop_at: Timestamp | null;
	started_at: Timestamp;
	started_by: Json;
	ended_at: Timestamp | null;
	ended_by: Json | null;
	ended_how: string | null;
	force_reason: string | null;
	expires_at_before: Timestamp | null;
	expiry_set_at_before: Timestamp;
	rotation_due_at_before: Timestamp | null;
	expires_at_after: Timestamp | null;
	rotation_due_at_after: Timestamp | null;
	reminded_at: Timestamp | null;
	expiry_from_before: Generated<string>;
	expiry_from_after: Generated<string>;
}

export interface ScheduledRotationsTable {
	tenant_id: string;
	key_id: string;
	due_at: Timestamp;
	status: string;
	rotation_id: string | null;
	attempts: Generated<number>;
	reason: string | null;
	sending_until: Timestamp | null;
	next_attempt_at: Timestamp | null;
}

export interface SecretActivityTable {
	kid: string;
	tenant_id: string;
	first_used_at: Timestamp;
	last_used_at: Timestamp;
	last_success_at: Timestamp | null;
	last_success_operation: string | null;
}

export interface SecretOperationsTable {
	tenant_id: string;
	key_id: string;
	kid: string;
	operation: string;
	last_succeeded_at: Timestamp;
}

export interface SecretSourcesTable {
	tenant_id: string;
	key_id: string;
	kid: string;
	source_id: string;
	first_seen_at: Timestamp | null;
	last_seen_at: Timestamp | null;
	requests: Generated<number>;
	sightings: Generated<number>;
	gap_window_started_at: Timestamp | null;
	gap_ms: Generated<number>;
	gap_before_ms: Generated<number>;
	dead_first_seen_at: Timestamp | null;
	dead_last_seen_at: Timestamp | null;
	dead_requests: Generated<number>;
	dead_day: string | null;
	dead_today: Generated<number>;
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
	kept_in: string | null;
	kept_in_note: string | null;
	kept_in_at: Timestamp | null;
	lookup: string | null;
	legacy_format: string | null;
	shown_to: Json | null;
	canary: Generated<boolean>;
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

export interface SignInAccountsTable {
	id: string;
	account_id: string;
	provider_id: string;
	person_id: string;
	password: string | null;
	access_token: string | null;
	refresh_token: string | null;
	id_token: string | null;
	access_token_expires_at: Timestamp | null;
	refresh_token_expires_at: Timestamp | null;
	scope: string | null;
	created_at: Generated<Timestamp>;
	updated_at: Generated<Timestamp>;
}

export interface SignInAttemptsTable {
	kind: string;
	bucket: number;
	attempts: number;
	until: Timestamp;
}

export interface SignInLinksTable {
	token_digest: Buffer;
	purpose: string;
	person_id: string;
	email: string;
	created_at: Generated<Timestamp>;
	created_by: Json | null;
	expires_at: Timestamp;
}

export interface SignInSessionsTable {
	id: string;
	token: string;
	person_id: string;
	expires_at: Timestamp;
	ip_address: string | null;
	user_agent: string | null;
	confirmed_at: Generated<Timestamp>;
	created_at: Generated<Timestamp>;
	updated_at: Generated<Timestamp>;
}

export interface SignInVerificationsTable {
	id: string;
	identifier: string;
	value: string;
	expires_at: Timestamp;
	created_at: Generated<Timestamp>;
	updated_at: Generated<Timestamp>;
}

export interface SitesTable {
	tenant_id: string;
	id: string;
	name: string;
	environment: string | null;
	created_at: Generated<Timestamp>;
}

export interface SourceNamesTable {
	tenant_id: string;
	source_id: string;
	name: string;
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
	client_policy: string | null;
	created_at: Generated<Timestamp>;
	erased_at: Timestamp | null;
	key_policy: Generated<string[]>;
	leak_response: Generated<string>;
}

export interface UnknownAuthFailuresTable {
	request_id: string;
	at: Timestamp;
	code: string;
	check_name: string;
	operation: string;
	kid: string | null;
	address: string | null;
	source_id: string;
	network: string;
	agent: string;
	client: string | null;
	facts: Json;
	requests: number;
	detail: string | null;
}

export interface UploadsTable {
	tenant_id: string;
	id: string;
	node_id: string;
	reserved_bytes: number;
	started_at: Generated<Timestamp>;
}

export interface UsageBySourceTable {
	tenant_id: string;
	day: string;
	key_id: string;
	site_id: string;
	operation: string;
	source_id: string;
	network: string;
	agent: string;
	client: string | null;
	code: string;
	overflowed: boolean;
	requests: number;
}

export interface UsageFlushesTable {
	node_id: string;
	flush_number: number;
	flushed_at: Generated<Timestamp>;
	waiting: Generated<boolean>;
	keys: string | null;
	operations: string | null;
	sources: string | null;
	key_checks: string | null;
	secret_operations: string | null;
	counted_from: Timestamp | null;
	success_operations: string | null;
	success_sites: string | null;
	uses: string | null;
}

export interface UsageGapTable {
	id: Generated<number>;
	until: Timestamp;
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

export interface UsageProgressTable {
	node_id: string;
	flushed_until: Timestamp;
}

export interface WebhookDeliveriesTable {
	tenant_id: string;
	id: string;
	webhook_id: string;
	event_id: string;
	sequence: number;
	status: Generated<string>;
	attempts: Generated<number>;
	at: Timestamp;
	duration_ms: number | null;
	response_status: number | null;
	error: string | null;
	next_attempt_at: Timestamp | null;
}

export interface WebhookQueuesTable {
	tenant_id: string;
	webhook_id: string;
	last_sequence: Generated<number>;
	due_at: Timestamp | null;
	claimed_by: string | null;
	claimed_until: Timestamp | null;
	failing_since: Timestamp | null;
	last_attempt: Json | null;
}

export interface WebhooksTable {
	tenant_id: string;
	id: string;
	url: string;
	events: string[] | null;
	status: Generated<string>;
	disabled_reason: string | null;
	pepper_id: string;
	secret: Buffer;
	previous_secret: Buffer | null;
	previous_expires_at: Timestamp | null;
	after_position: number;
	created_at: Timestamp;
}

export interface Tables {
	alert_news: AlertNewsTable;
	alert_progress: AlertProgressTable;
	alert_rules: AlertRulesTable;
	alert_tests: AlertTestsTable;
	alerts: AlertsTable;
	api_profile: ApiProfileTable;
	audit_entries: AuditEntriesTable;
	audit_heads: AuditHeadsTable;
	auth_failure_counts: AuthFailureCountsTable;
	auth_failures: AuthFailuresTable;
	budget_periods: BudgetPeriodsTable;
	canary_uses: CanaryUsesTable;
	capabilities: CapabilitiesTable;
	change_sequence: ChangeSequenceTable;
	checklist_turns: ChecklistTurnsTable;
	checklists: ChecklistsTable;
	complete_operations: CompleteOperationsTable;
	documents: DocumentsTable;
	expiry_warnings: ExpiryWarningsTable;
	forward_auth_rules: ForwardAuthRulesTable;
	handovers: HandoversTable;
	idempotency: IdempotencyTable;
	invalidations: InvalidationsTable;
	invitations: InvitationsTable;
	key_activity: KeyActivityTable;
	key_checklists: KeyChecklistsTable;
	key_exposures: KeyExposuresTable;
	key_sources: KeySourcesTable;
	keys: KeysTable;
	legacy_formats: LegacyFormatsTable;
	mail_unsubscriptions: MailUnsubscriptionsTable;
	mails: MailsTable;
	members: MembersTable;
	migrations: MigrationsTable;
	nodes: NodesTable;
	operator_invitations: OperatorInvitationsTable;
	operator_webhook_mails: OperatorWebhookMailsTable;
	operators: OperatorsTable;
	outbox: OutboxTable;
	people: PeopleTable;
	peppers: PeppersTable;
	permissions: PermissionsTable;
	plans: PlansTable;
	portal_sessions: PortalSessionsTable;
	quota_periods: QuotaPeriodsTable;
	rehearsals: RehearsalsTable;
	rotation_confirmations: RotationConfirmationsTable;
	rotations: RotationsTable;
	scheduled_rotations: ScheduledRotationsTable;
	secret_activity: SecretActivityTable;
	secret_operations: SecretOperationsTable;
	secret_sources: SecretSourcesTable;
	secrets: SecretsTable;
	services: ServicesTable;
	sign_in_accounts: SignInAccountsTable;
	sign_in_attempts: SignInAttemptsTable;
	sign_in_links: SignInLinksTable;
	sign_in_sessions: SignInSessionsTable;
	sign_in_verifications: SignInVerificationsTable;
	sites: SitesTable;
	source_names: SourceNamesTable;
	tenant_storage: TenantStorageTable;
	tenants: TenantsTable;
	unknown_auth_failures: UnknownAuthFailuresTable;
	uploads: UploadsTable;
	usage_by_source: UsageBySourceTable;
	usage_flushes: UsageFlushesTable;
	usage_gap: UsageGapTable;
	usage_keys: UsageKeysTable;
	usage_operations: UsageOperationsTable;
	usage_progress: UsageProgressTable;
	webhook_deliveries: WebhookDeliveriesTable;
	webhook_queues: WebhookQueuesTable;
	webhooks: WebhooksTable;
}
