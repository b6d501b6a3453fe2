import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "./api.ts";

const FRESH_MS = 5_000;
const ATTEMPTS_MAX = 2;

/** Whether a retry may help: after time-outs and 5xx, never after a refusal. */
function isPassing(error: unknown): boolean {
	return error instanceof ApiError && (error.problem.status === 0 || error.problem.status >= 500);
}

/** For state that others change too: refetched every five seconds while the page is visible, and when it gets the focus. */
export const SHARED_STATE = { refetchInterval: FRESH_MS, refetchIntervalInBackground: false, refetchOnWindowFocus: "always" } as const;

export const queries = new QueryClient({
	defaultOptions: {
		queries: { staleTime: FRESH_MS, retry: (attempts, error) => attempts < ATTEMPTS_MAX && isPassing(error) },
		mutations: { retry: false },
	},
});
