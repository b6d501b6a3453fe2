/** A pattern for `ilike` that matches texts containing `text`; none of its characters is a wildcard. */
export function containing(text: string): string {
	return `%${text.replaceAll(/[\\%_]/g, "\\$&")}%`;
}
