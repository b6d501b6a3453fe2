import { type DestinationStream, destination, pino } from "pino";
import { systemClock } from "./clock.ts";
import type { EventAt } from "./log-events.ts";

/** Writes one JSON object a line: the event's name from the table of events, and its details. */
export interface Log {
	info(details: object, event: EventAt<"info">): void;
	warn(details: object, event: EventAt<"warn">): void;
	error(details: object, event: EventAt<"error">): void;
}

const LOG_BUFFER_BYTES = 4096;
/** Flushes the last lines of an idle server. */
const LOG_FLUSH_MS = 1_000;
/** Bounds the last flush: a write into a full pipe never returns if the reader has stopped. */
const LAST_FLUSH_MS = 2_000;
/** Bound of the buffer for a reader that has stopped; later lines are dropped. */
const LOG_WAITING_BYTES_MAX = 8_388_608;
const SECRET_FIELDS = ["raw_key", "secret", "password", "authorization", "cookie", "x-api-key", "pepper", "token", "credential"];

/**
 * Matches raw keys of `brand`, service credentials, bearer tokens, tokens of one-time links and secrets of webhooks. Captures their public part (brand,
 * environment, kid).
 */
export function secretPattern(brand: string): RegExp {
	const escaped = brand.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
	return new RegExp(
		`(\\b(?:${escaped}_(?:prod|staging|dev)|kws)_[0-9A-Za-z]{12})[0-9A-Za-z]{20,}|(\\bBearer\\s+)[^\\s"\\\\]+|(\\bkw[iphrle]_)[0-9A-Za-z_-]{20,}|(\\bwhsec_)[0-9A-Za-z+/]{20,}=*`,
		"g",
	);
}

/** Replaces every secret in `text`. */
export function redact(text: string, pattern: RegExp): string {
	return text.replace(
		pattern,
		(_all, key: string | undefined, bearer: string | undefined, link: string | undefined, webhook: string | undefined) =>
			`${key ?? bearer ?? link ?? webhook ?? ""}[redacted]`,
	);
}

export interface LogOptions {
	readonly level: string;
	readonly brand: string;
	/** Default: standard output, unbuffered. */
	readonly output?: DestinationStream;
}

/** The system time as text, formatted once per millisecond: a busy server writes many lines in each. */
function isoTime(): () => string {
	let last = 0;
	let text = "";
	return () => {
		const now = systemClock.now();
		if (now !== last) {
			last = now;
			text = `,"time":"${new Date(now).toISOString()}"`;
		}
		return text;
	};
}

export interface BufferedOutput extends DestinationStream {
	/** Writes the buffer synchronously. */
	flushSync(): void;
	/** Writes the buffer; false when the reader did not take it in time. The process must then exit without another attempt. */
	flushLast(): Promise<boolean>;
}

/** Standard output, buffered; several logs may share it. `flushLast` before the process ends. */
export function bufferedOutput(): BufferedOutput {
	const output = destination({ dest: 1, sync: false, minLength: LOG_BUFFER_BYTES, maxLength: LOG_WAITING_BYTES_MAX, periodicFlush: LOG_FLUSH_MS });
	// On a full disk, log lines are lost. Without a listener, the error would end the server, and the last flush would retry forever.
	let failing = false;
	output.on("error", () => {
		failing = true;
	});
	output.on("write", () => {
		failing = false;
	});
	const flush = output.flushSync.bind(output);
	output.flushSync = () => {
		if (!failing) flush();
	};
	const flushLast = () =>
		new Promise<boolean>((resolve) => {
			const timer = setTimeout(() => resolve(false), LAST_FLUSH_MS);
			output.flush(() => {
				clearTimeout(timer);
				resolve(true);
			});
		});
	return Object.assign(output, { flushLast });
}

function getDestination(options: LogOptions): DestinationStream {
	const out = options.output ?? destination({ dest: 1, sync: true });
	const pattern = secretPattern(options.brand);
	return { write: (line) => out.write(redact(line, pattern)) };
}

const FORM = { base: null, messageKey: "event", formatters: { level: (label: string) => ({ level: label }) } } as const;

/** For the one line per request: its fields are fixed and none is named like a secret, so only the pattern is applied. */
export function createAccessLog(options: LogOptions): Log {
	return pino({ ...FORM, level: options.level, timestamp: isoTime() }, getDestination(options));
}

/** One JSON line per event to `output`, with secrets removed by field name and by pattern. */
export function createLog(options: LogOptions): Log {
	const paths = SECRET_FIELDS.flatMap((field) => [`["${field}"]`, `*["${field}"]`, `*.*["${field}"]`]);
	return pino({ ...FORM, level: options.level, timestamp: isoTime(), redact: { paths, censor: "[redacted]" } }, getDestination(options));
}
