/** Long enough to exclude a coincidence: the kid and 20 characters of the secret. */
const SECRET = /[0-9A-Za-z]_(?:prod|staging|dev)_[0-9A-Za-z]{32}|kw[a-z]_[0-9A-Za-z_-]{32}|whsec_[0-9A-Za-z+/]{32}/;

/** Whether a text contains a secret, which must not be stored where people read it. */
export type SecretTest = (text: string) => boolean;

/** Detects raw keys of any brand and environment, service credentials, one-time tokens and secrets of webhooks anywhere in `text`, even truncated ones. */
export function holdsSecret(text: string): boolean {
	return SECRET.test(text);
}

/** The text of a header as it may be stored: null when it contains a secret. `header` is its name, for the log. */
export type HeaderFilter = (header: string, text: string | null) => string | null;

/** Drops header texts that contain a secret, and calls `onSecret` with the header's name, never with its text. */
export function headerFilter(holds_secret: SecretTest = holdsSecret, onSecret: (header: string) => void = () => undefined): HeaderFilter {
	return (header, text) => {
		if (text === null || !holds_secret(text)) return text;
		onSecret(header);
		return null;
	};
}
