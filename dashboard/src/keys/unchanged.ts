import { useQueryClient } from "@tanstack/react-query";
import { answered, api } from "../http/api.ts";
import { assertUnchanged, type Seen } from "../http/meanwhile.ts";
import { formatInstant } from "../ui/time-words.ts";
import { type ApiKey, keyQuery } from "./queries.ts";
import { getState, lastFour } from "./words.ts";

/** What a person decides by, when they pause, replace or revoke a key. */
export const SEEN_OF_KEY: readonly Seen<ApiKey>[] = [
	{ name: "Name", format: ({ name }) => name },
	{ name: "State", format: (key) => getState(key, Date.now()).word },
	{ name: "Responsible", format: ({ owner }) => owner.name },
	{ name: "Ends", format: ({ expires_at }) => (expires_at === null ? "never" : formatInstant(expires_at, Date.now())) },
	{ name: "Secret", format: ({ secrets }) => lastFour(secrets) ?? "none" },
];

/** Returns a function that throws `ChangedMeanwhile` unless the key is as the person saw it. The page then shows it as it is. */
export function useKeyUnchanged(tenant_id: string): (seen: ApiKey, onNow?: (now: ApiKey) => void) => Promise<void> {
	const queries = useQueryClient();
	return (seen, onNow) =>
		assertUnchanged({
			seen,
			read: () => answered(api.GET("/api/v1/tenants/{tenant_id}/api-keys/{key_id}", { params: { path: { tenant_id, key_id: seen.id } } })),
			fields: SEEN_OF_KEY,
			gone: "The key is not there any more.",
			onNow(now) {
				queries.setQueryData(keyQuery(tenant_id, now.id).queryKey, now);
				onNow?.(now);
			},
		});
}
