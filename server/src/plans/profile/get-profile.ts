import type { ProfileContext } from "./live.ts";
import type { ApiProfile } from "./profile.ts";

/** The operator's API profile, from memory. Open to everybody: pages show it before anybody has signed in. */
export function getProfile(context: Pick<ProfileContext, "profile">): Promise<ApiProfile> {
	return context.profile.current();
}
