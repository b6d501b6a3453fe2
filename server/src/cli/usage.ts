/** The command line is not as it should be; the message says how. */
export class UsageError extends Error {
	override readonly name = "UsageError";
}
