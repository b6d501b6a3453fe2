/** Exit codes of every command; `usage` also for errors that nothing expected, so that 1 always means keys. */
export const EXIT = { fine: 0, found: 1, usage: 2, unreachable: 3 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The command was called in a wrong way; the message says how to call it and contains nothing of what was typed. */
export class UsageError extends Error {}
