/** What a client of many keys logs, and what follows from it. Pure. */

/** A keyed request, by the instants of its client. */
export interface Probe {
	readonly node: number;
	readonly sent_at: number;
	readonly read_at: number;
	readonly status: number;
	/** The code of the refusal; empty when it was let in. */
	readonly code: string;
}

/** A change that was asked for at `sent_at` and whose success was read at `read_at`. */
export interface Acknowledged {
	readonly sent_at: number;
	readonly read_at: number;
}

/** From when to when every request of a key must be refused. */
export interface Forbidden {
	readonly from: number;
	/** When the next change that lets it in again was sent; Infinity if none was. */
	readonly to: number;
}

export const letIn = (probe: Probe): boolean => probe.status >= 200 && probe.status < 300;

/** The requests that were sent after the change was acknowledged, and answered before it was taken back, and yet got past the checks. */
export function violations(probes: readonly Probe[], forbidden: readonly Forbidden[]): Probe[] {
	return probes.filter((probe) => letIn(probe) && forbidden.some(({ from, to }) => probe.sent_at > from && probe.read_at < to));
}

/** How many were sent after the acknowledgement, that is, could have been a violation. */
export function tested(probes: readonly Probe[], forbidden: readonly Forbidden[]): number {
	return probes.filter((probe) => forbidden.some(({ from, to }) => probe.sent_at > from && probe.read_at < to)).length;
}

/** The code in a problem response; empty for any other body. */
export function codeIn(body: string): string {
	return /"code":"([a-z_]+)"/.exec(body)?.[1] ?? "";
}
