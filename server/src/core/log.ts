import { type DestinationStream, destination, type Logger, pino } from "pino";

export type Log = Logger;

const LOG_BUFFER_BYTES = 4096;
/** So that a quiet server does not keep its last lines to itself. */
const LOG_FLUSH_MS = 1_000;
const SECRET_FIELDS = ["raw_key", "secret", "password", "authorization", "cookie", "x-api-key", "pepper", "token", "credential"];

/** Finds raw keys of `brand`, service credentials and bearer tokens in text; keeps what is public of them (brand, environment, kid). */
export function secretPattern(brand: string): RegExp {
	const escaped = brand.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
	return new RegExp(`(\\b(?:${escaped}_(?:prod|staging|dev)|kws)_[0-9A-Za-z]{12})[0-9A-Za-z]{20,}|(\\bBearer\\s+)[^\\s"\\\\]+`, "g");
}

/** Replaces every secret in `text`. */
export function redact(text: string, pattern: RegExp): string {
	return text.replace(pattern, (_all, key: string | undefined, bearer: string | undefined) => `${key ?? bearer ?? ""}[redacted]`);
}

/** One JSON line per event to `output` (standard output by default), buffered, with secrets removed by field name and by pattern. */
export function createLog(options: { level: string; brand: string; output?: DestinationStream; sync?: boolean }): Log {
	const sync = options.sync ?? false;
	const out = options.output ?? destination({ dest: 1, sync, minLength: sync ? 0 : LOG_BUFFER_BYTES, periodicFlush: sync ? 0 : LOG_FLUSH_MS });
	const pattern = secretPattern(options.brand);
	const redacting: DestinationStream = { write: (line) => out.write(redact(line, pattern)) };
	return pino(
		{
			level: options.level,
			base: null,
			timestamp: () => `,"time":"${new Date().toISOString()}"`,
			messageKey: "event",
			redact: { paths: SECRET_FIELDS.flatMap((field) => [`["${field}"]`, `*["${field}"]`, `*.*["${field}"]`]), censor: "[redacted]" },
			formatters: { level: (label) => ({ level: label }) },
		},
		redacting,
	);
}
