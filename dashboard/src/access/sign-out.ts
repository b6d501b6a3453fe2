import { answered, api, isApiError } from "../http/api.ts";
import { toaster } from "../ui/toaster.tsx";
import { useSession } from "./session.ts";

/**
 * Ends the session, then reloads the page so that none of its data stays in memory. When the request fails, it shows that the person is still
 * signed in.
 */
export function useSignOut(): () => Promise<void> {
	const { person } = useSession();
	return async () => {
		try {
			await answered(api.DELETE("/api/v1/session"));
		} catch (error) {
			if (!isApiError(error, "credential_missing", "credential_invalid")) {
				toaster.failed("You are still signed in", error instanceof Error ? error.message : "");
				return;
			}
		}
		location.replace(person.kind === "portal" ? "/portal?ended=true" : "/sign-in");
	};
}
