import { setReachable } from "./reachable.ts";

const RETRY_MS = 5_000;

async function isAnswered(): Promise<boolean> {
	return fetch("/healthz", { cache: "no-store" }).then(
		() => true,
		() => false,
	);
}

/** Loads a part of the dashboard; while the server does not answer it waits, because the router would reload the page and so lose it. */
export async function loadScript<T>(load: () => Promise<T>): Promise<T> {
	for (;;) {
		try {
			return await load();
		} catch (error) {
			if (await isAnswered()) throw error;
			setReachable(false);
			await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
		}
	}
}
