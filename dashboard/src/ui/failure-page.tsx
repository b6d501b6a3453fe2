import { Button, Stack } from "@mantine/core";
import { useRouter } from "@tanstack/react-router";
import { useEffect, useEffectEvent } from "react";
import { isApiError } from "../http/api.ts";
import { queries } from "../http/queries.ts";
import { Problem } from "./problem.tsx";

const RETRY_MS = 5_000;

/** Shown instead of a page that could not be loaded. Tries again by itself while the server does not answer. */
export function FailurePage({ error }: { error: unknown }) {
	const router = useRouter();
	function again(): void {
		void queries.resetQueries();
		void router.invalidate();
	}
	const unreachable = isApiError(error, "unreachable");
	const retry = useEffectEvent(again);
	useEffect(() => {
		if (!unreachable) return undefined;
		const retrying = setInterval(retry, RETRY_MS);
		return () => clearInterval(retrying);
	}, [unreachable]);
	return (
		<Stack className="kw-page" align="flex-start" gap="md">
			<Problem error={error} />
			<Button variant="default" onClick={again}>
				Load this page again
			</Button>
		</Stack>
	);
}
