/** How long the toast stays: long enough to read after a destructive action. */
export const RECEIPT_SHOWN_MS = 12_000;

interface WaitedFor {
	readonly node_id: string;
	readonly confirmed: boolean;
}

/** How many servers refuse a key since its revocation at `clock` ("12:03:04"). A silent server answers no keyed request before it has read the change. */
export function formatRevoked(waited_for: readonly WaitedFor[], clock: string): string {
	const confirmed = waited_for.filter((node) => node.confirmed).length;
	const silent = waited_for.length - confirmed;
	if (waited_for.length <= 1) return "Refused from now on.";
	if (silent === 0) return `Refused by all ${waited_for.length} servers since ${clock}.`;
	const by = confirmed === 1 ? "1 server" : `${confirmed} servers`;
	const rest = silent === 1 ? "1 more has fallen silent and lets nothing through" : `${silent} more have fallen silent and let nothing through`;
	return `Refused by ${by} since ${clock}; ${rest}.`;
}
