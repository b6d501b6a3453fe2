import { useState } from "react";

/** The one-time token in the fragment of the address, which never reaches server logs or link previews. Empty without one. */
export function useTokenInLink(): string {
	const [token] = useState(() => location.hash.slice(1));
	return token;
}
