import { ApiError } from "../core/error.ts";

const EXPORTS_PER_TENANT_MAX = 2;
const EXPORTS_PER_NODE_MAX = 6;
const RETRY_AFTER_SECONDS = 30;

/** Bounds the exports that run at once on this node, so that no tenant takes the connections of the others. */
export class ExportSlots {
	readonly #running = new Map<string, number>();
	#total = 0;

	/** Takes a slot for the chain; the returned function gives it back. 429 `rate_limited` when there is none. */
	take(chain: string): () => void {
		const running = this.#running.get(chain) ?? 0;
		if (running >= EXPORTS_PER_TENANT_MAX || this.#total >= EXPORTS_PER_NODE_MAX)
			throw new ApiError("rate_limited", "Other exports of the audit log are running. Wait until one has ended, then try again.", {
				retry_after_seconds: RETRY_AFTER_SECONDS,
			});
		this.#running.set(chain, running + 1);
		this.#total += 1;
		let released = false;
		return () => {
			if (released) return;
			released = true;
			this.#total -= 1;
			const left = (this.#running.get(chain) ?? 1) - 1;
			if (left === 0) this.#running.delete(chain);
			else this.#running.set(chain, left);
		};
	}
}
