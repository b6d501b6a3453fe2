import type { LeakReport } from "./report.ts";

/** Keys that wait to be looked up: at most about 30 MB. Calls beyond it get 503, whatever they hold. */
const WAITING_MAX = 20_000;
/** A report that cannot be processed, for example while the database is away, is repeated with each run. */
const ATTEMPTS_MAX = 600;

const nameOf = ({ raw_key, url, reporter }: LeakReport) => `${reporter} ${raw_key} ${url}`;

/** Keys that were reported and not looked up yet, each once. In memory, so a crash loses them. */
export class ReportQueue {
	readonly #process: (report: LeakReport) => Promise<void>;
	readonly #onFailed: (error: unknown, lost: boolean) => void;
	readonly #waiting = new Map<string, LeakReport>();

	constructor(options: { process: (report: LeakReport) => Promise<void>; onFailed: (error: unknown, lost: boolean) => void }) {
		this.#process = options.process;
		this.#onFailed = options.onFailed;
	}

	/** False if they do not fit; then none is taken. */
	add(reports: readonly LeakReport[]): boolean {
		if (this.#waiting.size + reports.length > WAITING_MAX) return false;
		for (const report of reports) if (!this.#waiting.has(nameOf(report))) this.#waiting.set(nameOf(report), report);
		return true;
	}

	/** Processes what waits, one after the other, until `isOver`. What fails goes to the end of the queue, for the next run. */
	async run(isOver: () => boolean): Promise<void> {
		for (const [name, report] of [...this.#waiting]) {
			if (isOver()) return;
			this.#waiting.delete(name);
			try {
				await this.#process(report);
			} catch (error) {
				report.attempts += 1;
				const lost = report.attempts >= ATTEMPTS_MAX;
				if (!lost) this.#waiting.set(name, report);
				this.#onFailed(error, lost);
				// The others would most likely fail for the same reason.
				return;
			}
		}
	}
}
