const listeners = new Set<() => void>();
let reachable = true;

/** Whether the last request was answered at all; for `useSyncExternalStore`. */
export function isReachable(): boolean {
	return reachable;
}

/** Called after each request. */
export function setReachable(next: boolean): void {
	if (next === reachable) return;
	reachable = next;
	for (const listener of listeners) listener();
}

export function subscribeToReachable(listener: () => void): () => void {
	listeners.add(listener);
	return () => void listeners.delete(listener);
}
