import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { AllowList } from "../core/network.ts";
import type { Peppers } from "../core/pepper.ts";
import type { Database } from "../database/database.ts";
import type { CodeHostSettings } from "../leaks/code-host.ts";
import type { MailSettings } from "../outbox/mail/settings.ts";

export interface AppOptions {
	readonly database: Database;
	/** A separate pool for what keyed requests depend on: leases are renewed and grants are filled however busy `database` is. */
	readonly verification_database: Database;
	readonly clock: Clock;
	readonly log: Log;
	readonly access_log: Log | null;
	readonly version: string;
	readonly public_url: string;
	readonly key_brand: string;
	readonly peppers: Peppers;
	readonly operator_token: string;
	readonly uploads_dir: string;
	readonly trusted_proxies: AllowList | null;
	readonly lease_seconds: number;
	readonly auth_failures_per_minute: number;
	readonly documents: boolean;
	/** Default: true. */
	readonly source_addresses?: boolean;
	/** Null or undefined: no checkpoints of the audit log are written. */
	readonly audit_checkpoint_file?: string | null;
	/** Addresses that outgoing calls may reach although they are private. Default: none. */
	readonly outgoing_allowed?: AllowList | null;
	/** Null or undefined: reports of code hosts are refused. */
	readonly code_host?: CodeHostSettings | null;
	/** Default: 30. */
	readonly event_retention_days?: number;
	/** Default: 400. */
	readonly alert_retention_days?: number;
	/** Null or undefined: no mails are sent. */
	readonly mail?: MailSettings | null;
	/** The folder of the dashboard's build. Undefined: no dashboard is served. */
	readonly dashboard_dir?: string;
	/** For measurements: exposed keys are not searched for, events not delivered, alerts not evaluated. Default: false. */
	readonly without_notifications?: boolean;
	/** For measurements: refusals are not kept, and requests not counted by what they did from where. Default: false. */
	readonly without_records?: boolean;
	/** Whether no other process can use the database. */
	readonly single_node: boolean;
}
