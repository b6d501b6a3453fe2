/** The log of a client, and the violations that follow from it. Pure. */

/** A keyed request; the times are the client's. */
export interface Probe {
	readonly node: number;
	readonly sent_at: number;
	readonly read_at: number;
	readonly status: number;
	/** The code of the refusal; empty if it was accepted. */
	readonly code: string;
}

/** A change that was sent at `sent_at` and whose success was read at `read_at`. */
export interface Acknowledged {
	readonly sent_at: number;
	readonly read_at: number;
}

/** A period in which every request of a key must be refused. */
export interface Forbidden {
	readonly from: number;
	/** When the next change that allows requests again was sent; Infinity if none was. */
	readonly to: number;
}

export const isAllowed = (probe: Probe): boolean => probe.status >= 200 && probe.status < 300;

/** The accepted requests that were sent after the acknowledgement of the change and answered before it was reverted. */
export function violations(probes: readonly Probe[], forbidden: readonly Forbidden[]): Probe[] {
	return probes.filter((probe) => isAllowed(probe) && forbidden.some(({ from, to }) => probe.sent_at > from && probe.read_at < to));
}

/** How many requests were sent after the acknowledgement, that is, could have been a violation. */
export function countTested(probes: readonly Probe[], forbidden: readonly Forbidden[]): number {
	return probes.filter((probe) => forbidden.some(({ from, to }) => probe.sent_at > from && probe.read_at < to)).length;
}

/** The code in a problem response; empty for any other body. */
export function codeIn(body: string): string {
	return /"code":"([a-z_]+)"/.exec(body)?.[1] ?? "";
}
