import { useState } from "react";

/** The one-time token of the link that was opened: behind the `#`, which neither a server's log nor a link preview gets. Empty without one. */
export function useTokenInLink(): string {
	const [token] = useState(() => location.hash.slice(1));
	return token;
}
