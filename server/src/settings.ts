export interface Setting {
	readonly name: string;
	readonly default: string;
	readonly meaning: string;
	/** May also be the path of a file, in the variable with the suffix `_FILE`. */
	readonly secret?: true;
}

/** All variables; the reference in docs/configuration.md is generated from this table. */
export const SETTINGS = [
	{ name: "KEYWRIGHT_PORT", default: "8787", meaning: "Port to listen on; 0 takes a free one." },
	{ name: "KEYWRIGHT_HOST", default: "127.0.0.1", meaning: "Address to listen on." },
	{
		name: "KEYWRIGHT_PUBLIC_URL",
		default: "http://127.0.0.1:8787",
		meaning: "The public origin of this server, without a path; used in links and error types.",
	},
	{ name: "KEYWRIGHT_DATA_DIR", default: ".keywright", meaning: "Folder of the embedded database, uploads and generated secrets." },
	{ name: "KEYWRIGHT_DATABASE_URL", default: "embedded", meaning: "A PostgreSQL (14 or newer) in place of the embedded one.", secret: true },
	{
		name: "KEYWRIGHT_DATABASE_DIRECT_URL",
		default: "KEYWRIGHT_DATABASE_URL",
		meaning: "A connection past any pooler, for LISTEN, locks and migrations.",
		secret: true,
	},
	{
		name: "KEYWRIGHT_OPERATOR_TOKEN",
		default: "generated",
		meaning: "Bearer token of the operator API; `new,old` during a rotation.",
		secret: true,
	},
	{
		name: "KEYWRIGHT_PEPPER",
		default: "generated",
		meaning: "The key of the stored MACs; `new,old` during a rotation. Back it up: without it no key works.",
		secret: true,
	},
	{ name: "KEYWRIGHT_KEY_BRAND", default: "kw", meaning: "First part of every key." },
	{ name: "KEYWRIGHT_TRUSTED_PROXIES", default: "none", meaning: "Addresses and networks, comma-separated, whose X-Forwarded-For is trusted." },
	{
		name: "KEYWRIGHT_LEASE_SECONDS",
		default: "5",
		meaning:
			"How long a node continues to verify keys after it loses its database, 1 to 900; also the longest wait of a revocation for an unreachable node.",
	},
	{
		name: "KEYWRIGHT_AUTH_FAILURES_PER_MINUTE",
		default: "300",
		meaning: "Wrong keys per minute from one IPv4 address or IPv6 /64 before failing requests get 429; 0 disables the limit.",
	},
	{
		name: "KEYWRIGHT_OUTGOING_ALLOWED",
		default: "none",
		meaning:
			"Private addresses and networks, comma-separated, that webhooks may reach, such as `127.0.0.1,10.0.0.0/8`; plain HTTP is allowed to these only. Public addresses are always allowed, by HTTPS.",
	},
	{
		name: "KEYWRIGHT_CODE_HOST_KEYS",
		default: "none",
		meaning:
			"Public keys that sign the reports of a code host's secret scanning: the URL that publishes them, fetched when a report comes, or their JSON. Without it such reports are refused.",
		secret: true,
	},
	{
		name: "KEYWRIGHT_EVENT_RETENTION_DAYS",
		default: "30",
		meaning:
			"How long events, their deliveries and the records of their mails are kept, 2 to 400 days: the attempts of a delivery take more than one.",
	},
	{ name: "KEYWRIGHT_ALERT_RETENTION_DAYS", default: "400", meaning: "How long alerts are kept after they were resolved, 1 to 3650 days." },
	{
		name: "KEYWRIGHT_SMTP_URL",
		default: "none",
		meaning:
			"The mail server: `smtp://` (port 587) or `smtps://` (port 465), with user name and password; a password is sent only over TLS or to this machine. Without it, links are shown instead of mailed, and no mails about events are sent.",
		secret: true,
	},
	{ name: "KEYWRIGHT_MAIL_FROM", default: "none", meaning: "Who mails come from: an address, or `Name <address>`; with KEYWRIGHT_SMTP_URL." },
	{
		name: "KEYWRIGHT_AUDIT_CHECKPOINT_FILE",
		default: "none",
		meaning: "File to which signed checkpoints of the audit log are appended every hour; keep copies of it outside this machine.",
	},
	{ name: "KEYWRIGHT_DOCUMENTS", default: "on", meaning: "`off` removes the documents resource, for instances that only guard an API of their own." },
	{
		name: "KEYWRIGHT_SOURCE_ADDRESSES",
		default: "on",
		meaning: "`off` stores no networks of callers: usage is then attributed by program and client name only.",
	},
	{ name: "KEYWRIGHT_DEMO", default: "off", meaning: "`on` creates a demo tenant in an empty database." },
	{ name: "KEYWRIGHT_LOG_LEVEL", default: "info", meaning: "trace, debug, info, warn, error or silent." },
] as const satisfies readonly Setting[];

export type SettingName = (typeof SETTINGS)[number]["name"];
