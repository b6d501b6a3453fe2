interface Notes {
	readonly handled: unknown[];
	readonly errors: { reason: string }[];
}

declare global {
	var __notes: Notes | undefined;
}

globalThis.__notes ??= { handled: [], errors: [] };

/** The records of the handlers, global because each route may have its own instance of a module. */
export const notes: Notes = globalThis.__notes;
