import { readFileSync } from "node:fs";
import { parseOperatorTokens } from "./access/operators/token.ts";
import { ALERT_RETENTION_DAYS_DEFAULT } from "./alerts/sweep.ts";
import { ConfigError } from "./config-error.ts";
import { dataFolderFault, getOrigin, hostFault, publicUrlFault } from "./config-places.ts";
import { AllowList, parseAllowList } from "./core/network.ts";
import { parsePeppers } from "./core/pepper.ts";
import { isBrand } from "./keys/secrets/format.ts";
import { type CodeHostSettings, parsePublicKeys } from "./leaks/code-host.ts";
import { type MailSettings, parseSender, parseSmtpUrl, toMailSettings } from "./outbox/mail/settings.ts";
import { SETTINGS, type Setting, type SettingName } from "./settings.ts";
import { EVENT_RETENTION_DAYS_DEFAULT } from "./webhooks/delivery/sweep.ts";

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
	/** Addresses that webhooks may reach although they are private, or by plain HTTP; null for none. */
	readonly outgoing_allowed: AllowList | null;
	readonly code_host: CodeHostSettings | null;
	/** How long events and their deliveries are kept. */
	readonly event_retention_days: number;
	/** How long alerts are kept after they were resolved. */
	readonly alert_retention_days: number;
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

/** Used by clients, guards and examples in the same environment; the server ignores them. */
const OF_CLIENTS = new Set(["KEYWRIGHT_URL", "KEYWRIGHT_API_KEY", "KEYWRIGHT_TENANT_ID", "KEYWRIGHT_SITE_ID", "KEYWRIGHT_SERVICE_CREDENTIAL"]);

const LEASE_SECONDS_MAX = 900;
/** More than the attempts of a delivery take, which are 26.7 hours. */
const EVENT_RETENTION_DAYS_MIN = 2;
const EVENT_RETENTION_DAYS_MAX = 400;
const ALERT_RETENTION_DAYS_MAX = 3_650;
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

function checkedText(reader: Reader, name: SettingName, fallback: string, validate: (text: string) => string | null): string {
	const text = reader.text(name);
	const fault = text === null ? null : validate(text);
	if (fault !== null) reader.mistakes.push(`${name} ${fault}`);
	return text ?? fallback;
}

function allowList(reader: Reader, name: SettingName): AllowList | null {
	return reader.check<AllowList | null>(name, null, (text) => {
		const parsed = parseAllowList(text.split(",").map((entry) => entry.trim()));
		return parsed instanceof AllowList ? parsed : "must be addresses or networks such as 10.0.0.0/8, separated by commas";
	});
}

function codeHost(reader: Reader): CodeHostSettings | null {
	const text = reader.text("KEYWRIGHT_CODE_HOST_KEYS");
	if (text === null || text === "none") return null;
	if (/^https?:\/\//.test(text)) return { url: text };
	const keys = parsePublicKeys(text);
	if (keys !== null) return { keys };
	reader.mistakes.push("KEYWRIGHT_CODE_HOST_KEYS must be a URL, or JSON with public_keys, of which at least one is an ECDSA key on P-256");
	return null;
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
		trusted_proxies: allowList(reader, "KEYWRIGHT_TRUSTED_PROXIES"),
		lease_seconds: reader.whole("KEYWRIGHT_LEASE_SECONDS", 5, 1, LEASE_SECONDS_MAX),
		auth_failures_per_minute: reader.whole("KEYWRIGHT_AUTH_FAILURES_PER_MINUTE", 300, 0, 1_000_000),
		outgoing_allowed: allowList(reader, "KEYWRIGHT_OUTGOING_ALLOWED"),
		code_host: codeHost(reader),
		alert_retention_days: reader.whole("KEYWRIGHT_ALERT_RETENTION_DAYS", ALERT_RETENTION_DAYS_DEFAULT, 1, ALERT_RETENTION_DAYS_MAX),
		event_retention_days: reader.whole(
			"KEYWRIGHT_EVENT_RETENTION_DAYS",
			EVENT_RETENTION_DAYS_DEFAULT,
			EVENT_RETENTION_DAYS_MIN,
			EVENT_RETENTION_DAYS_MAX,
		),
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
