import { readFileSync } from "node:fs";
import { parseOperatorTokens } from "./access/operators/token.ts";
import { ConfigError } from "./config-error.ts";
import { dataFolderFault, getOrigin, hostFault, publicUrlFault } from "./config-places.ts";
import { AllowList, parseAllowList } from "./core/network.ts";
import { parsePeppers } from "./core/pepper.ts";
import { isBrand } from "./keys/secrets/format.ts";
import { type MailSettings, parseSender, parseSmtpUrl, toMailSettings } from "./outbox/mail/settings.ts";

/** The parsed configuration of the environment. Null secrets are generated into the data folder. */
export interface Config {
	readonly port: number;
	readonly host: string;
	readonly public_url: string;
	readonly data_dir: string;
	/** Null: the embedded PostgreSQL. */
	readonly database_url: string | null;
	readonly database_direct_url: string | null;
	readonly operator_token: string | null;
	readonly pepper: string | null;
	readonly key_brand: string;
	readonly trusted_proxies: AllowList | null;
	readonly lease_seconds: number;
	readonly auth_failures_per_minute: number;
	/** Null: no mails are sent. */
	readonly mail: MailSettings | null;
	readonly documents: boolean;
	/** Whether the network of a request is stored as part of its source. */
	readonly source_addresses: boolean;
	/** Where checkpoints of the audit log are appended; null: nowhere. */
	readonly audit_checkpoint_file: string | null;
	readonly demo: boolean;
	readonly log_level: string;
}

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
		name: "KEYWRIGHT_SMTP_URL",
		default: "none",
		meaning:
			"The mail server: `smtp://` (port 587) or `smtps://` (port 465), with user name and password; a password is sent only over TLS or to this machine. Without it, links are shown instead of mailed.",
		secret: true,
	},
	{ name: "KEYWRIGHT_MAIL_FROM", default: "none", meaning: "Who mails come from: an address, or `Name <address>`; with KEYWRIGHT_SMTP_URL." },
	{ name: "KEYWRIGHT_DOCUMENTS", default: "on", meaning: "`off` removes the documents resource, for instances that only guard an API of their own." },
	{
		name: "KEYWRIGHT_SOURCE_ADDRESSES",
		default: "on",
		meaning: "`off` stores no networks of callers: usage is then attributed by program and client name only.",
	},
	{
		name: "KEYWRIGHT_AUDIT_CHECKPOINT_FILE",
		default: "none",
		meaning: "File to which signed checkpoints of the audit log are appended every hour; keep copies of it outside this machine.",
	},
	{ name: "KEYWRIGHT_DEMO", default: "off", meaning: "`on` creates a demo tenant in an empty database." },
	{ name: "KEYWRIGHT_LOG_LEVEL", default: "info", meaning: "trace, debug, info, warn, error or silent." },
] as const satisfies readonly Setting[];

type SettingName = (typeof SETTINGS)[number]["name"];

/** Used by clients, guards and examples in the same environment; the server ignores them. */
const OF_CLIENTS = new Set(["KEYWRIGHT_URL", "KEYWRIGHT_API_KEY", "KEYWRIGHT_TENANT_ID", "KEYWRIGHT_SITE_ID", "KEYWRIGHT_SERVICE_CREDENTIAL"]);

const LEASE_SECONDS_MAX = 900;
const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "silent"];

class Reader {
	readonly mistakes: string[] = [];
	readonly #environment: NodeJS.ProcessEnv;

	constructor(environment: NodeJS.ProcessEnv) {
		this.#environment = environment;
		const known = new Set<string>(SETTINGS.flatMap((setting: Setting) => (setting.secret ? [setting.name, `${setting.name}_FILE`] : [setting.name])));
		for (const name of Object.keys(environment)) {
			if (name === "KEYWRIGHT_REDIS_URL")
				this.mistakes.push("KEYWRIGHT_REDIS_URL: rate limits shared through Redis are not supported in this version; unset it");
			else if (name.startsWith("KEYWRIGHT_") && !name.startsWith("KEYWRIGHT_TEST_") && !known.has(name) && !OF_CLIENTS.has(name))
				this.mistakes.push(`${name} is not a setting`);
		}
	}

	text(name: SettingName): string | null {
		const value = this.#environment[name];
		const file = this.#environment[`${name}_FILE`];
		if (file === undefined) return value === undefined || value === "" ? null : value;
		if (value !== undefined) this.mistakes.push(`${name} and ${name}_FILE are both set; keep one`);
		try {
			return readFileSync(file, "utf8").trim();
		} catch {
			this.mistakes.push(`${name}_FILE names a file that cannot be read`);
			return null;
		}
	}

	check<T>(name: SettingName, fallback: T, parse: (text: string) => T | string): T {
		const text = this.text(name);
		if (text === null) return fallback;
		const parsed = parse(text);
		if (typeof parsed !== "string" || typeof fallback === "string") return parsed as T;
		this.mistakes.push(`${name} ${parsed}`);
		return fallback;
	}

	whole(name: SettingName, fallback: number, least: number, most: number): number {
		return this.check(name, fallback, (text) =>
			/^\d{1,9}$/.test(text) && Number(text) >= least && Number(text) <= most ? Number(text) : `must be a whole number from ${least} to ${most}`,
		);
	}

	flag(name: SettingName, fallback: boolean): boolean {
		return this.check(name, fallback, (text) =>
			["on", "true", "1", "yes"].includes(text) ? true : ["off", "false", "0", "no"].includes(text) ? false : "must be on or off",
		);
	}
}

function postgresUrl(reader: Reader, name: SettingName): string | null {
	const text = reader.text(name);
	if (text !== null && !/^postgres(ql)?:\/\//.test(text)) reader.mistakes.push(`${name} must begin with postgresql://`);
	return text;
}

/** Returns a secret unchanged after `parse` accepts it; errors of `parse` do not contain the value. */
function checkedSecret(reader: Reader, name: SettingName, parse: (text: string) => unknown): string | null {
	const text = reader.text(name);
	if (text === null) return null;
	try {
		parse(text);
	} catch (error) {
		reader.mistakes.push(`${name}: ${error instanceof Error ? error.message : "cannot be read"}`);
	}
	return text;
}

function mailSettings(reader: Reader): MailSettings | null {
	const smtp_url = checkedSecret(reader, "KEYWRIGHT_SMTP_URL", parseSmtpUrl);
	const from = checkedSecret(reader, "KEYWRIGHT_MAIL_FROM", parseSender);
	try {
		return toMailSettings(smtp_url, from);
	} catch (error) {
		reader.mistakes.push(error instanceof Error ? error.message : "the mail settings cannot be read");
		return null;
	}
}

function checkedText(reader: Reader, name: SettingName, fallback: string, faultOf: (text: string) => string | null): string {
	const text = reader.text(name);
	const fault = text === null ? null : faultOf(text);
	if (fault !== null) reader.mistakes.push(`${name} ${fault}`);
	return text ?? fallback;
}

function trustedProxies(reader: Reader): AllowList | null {
	return reader.check<AllowList | null>("KEYWRIGHT_TRUSTED_PROXIES", null, (text) => {
		const parsed = parseAllowList(text.split(",").map((entry) => entry.trim()));
		return parsed instanceof AllowList ? parsed : "must be addresses or networks such as 10.0.0.0/8, separated by commas";
	});
}

/** Parses `environment`, by default the process's. Throws ConfigError with everything that is wrong. */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
	const reader = new Reader(environment);
	const port = reader.whole("KEYWRIGHT_PORT", 8787, 0, 65_535);
	const host = checkedText(reader, "KEYWRIGHT_HOST", "127.0.0.1", hostFault);
	const local_url = `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
	const pepper = checkedSecret(reader, "KEYWRIGHT_PEPPER", parsePeppers);
	const operator_token = checkedSecret(reader, "KEYWRIGHT_OPERATOR_TOKEN", parseOperatorTokens);
	const key_brand = reader.text("KEYWRIGHT_KEY_BRAND") ?? "kw";
	if (!isBrand(key_brand))
		reader.mistakes.push("KEYWRIGHT_KEY_BRAND must be lower-case letters and digits, words joined by underscores, and not kws");
	const log_level = reader.text("KEYWRIGHT_LOG_LEVEL") ?? "info";
	if (!LOG_LEVELS.includes(log_level)) reader.mistakes.push(`KEYWRIGHT_LOG_LEVEL must be one of ${LOG_LEVELS.join(", ")}`);
	const config: Config = {
		port,
		host,
		public_url: getOrigin(checkedText(reader, "KEYWRIGHT_PUBLIC_URL", local_url, publicUrlFault)),
		data_dir: checkedText(reader, "KEYWRIGHT_DATA_DIR", ".keywright", dataFolderFault),
		database_url: postgresUrl(reader, "KEYWRIGHT_DATABASE_URL"),
		database_direct_url: postgresUrl(reader, "KEYWRIGHT_DATABASE_DIRECT_URL"),
		operator_token,
		pepper,
		key_brand,
		trusted_proxies: trustedProxies(reader),
		lease_seconds: reader.whole("KEYWRIGHT_LEASE_SECONDS", 5, 1, LEASE_SECONDS_MAX),
		auth_failures_per_minute: reader.whole("KEYWRIGHT_AUTH_FAILURES_PER_MINUTE", 300, 0, 1_000_000),
		mail: mailSettings(reader),
		documents: reader.flag("KEYWRIGHT_DOCUMENTS", true),
		source_addresses: reader.flag("KEYWRIGHT_SOURCE_ADDRESSES", true),
		audit_checkpoint_file: reader.text("KEYWRIGHT_AUDIT_CHECKPOINT_FILE"),
		demo: reader.flag("KEYWRIGHT_DEMO", false),
		log_level,
	};
	if (reader.mistakes.length > 0) throw new ConfigError(reader.mistakes);
	return config;
}
