import { Alert } from "@mantine/core";
import { IconPlugConnectedX } from "@tabler/icons-react";
import { useEffect, useSyncExternalStore } from "react";
import { queries } from "../http/queries.ts";
import { isReachable, subscribeToReachable } from "../http/reachable.ts";

const RETRY_MS = 5_000;

/** Above every page while the server does not answer: the page keeps what it knew, which may be out of date. */
export function Unreachable() {
	const reachable = useSyncExternalStore(subscribeToReachable, isReachable);
	useEffect(() => {
		if (reachable) return undefined;
		const retrying = setInterval(() => void queries.refetchQueries({ type: "active" }), RETRY_MS);
		return () => clearInterval(retrying);
	}, [reachable]);
	return (
		<div role="status" className="kw-never-printed">
			{!reachable && (
				<Alert
					color="yellow"
					variant="light"
					role="none"
					mx="md"
					mt="md"
					icon={<IconPlugConnectedX size={18} aria-hidden="true" />}
					title="The server cannot be reached"
					data-unreachable
				>
					What you see is what was last known. It is asked again every few seconds, and this notice goes when it answers.
				</Alert>
			)}
		</div>
	);
}
