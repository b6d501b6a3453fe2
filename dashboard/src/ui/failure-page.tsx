import { Button, Stack } from "@mantine/core";
import { useRouter } from "@tanstack/react-router";
import { queries } from "../http/queries.ts";
import { Problem } from "./problem.tsx";

/** Shown instead of a page that could not be loaded. */
export function FailurePage({ error }: { error: unknown }) {
	const router = useRouter();
	function again(): void {
		void queries.resetQueries();
		void router.invalidate();
	}
	return (
		<Stack className="kw-page" align="flex-start" gap="md">
			<Problem error={error} />
			<Button variant="default" onClick={again}>
				Load this page again
			</Button>
		</Stack>
	);
}
