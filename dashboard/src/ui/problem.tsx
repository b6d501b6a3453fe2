import { Alert, List, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { ApiError } from "../http/api.ts";

function problemOfError(error: unknown): {
	title: string;
	detail: string;
	request_id: string | null;
	errors: readonly { pointer: string; detail: string }[];
} {
	if (error instanceof ApiError) return error.problem;
	return { title: "This page failed", detail: "Something in this page went wrong. Reload it to see how things are.", request_id: null, errors: [] };
}

/** Shows an error and what to do, announced by screen readers. Renders nothing without an error. */
export function Problem({ error }: { error: unknown }) {
	if (error === null || error === undefined) return null;
	const { title, detail, request_id, errors } = problemOfError(error);
	return (
		<Alert color="red" variant="light" icon={<IconAlertTriangle size={18} aria-hidden="true" />} title={title} role="alert" w="100%">
			<Text size="sm">{detail}</Text>
			{errors.length > 0 && (
				<List size="sm" mt={4}>
					{errors.map((entry) => (
						<List.Item key={`${entry.pointer} ${entry.detail}`}>{entry.detail}</List.Item>
					))}
				</List>
			)}
			{request_id !== null && (
				<Text size="xs" c="dimmed" mt={4} className="kw-mono">
					{request_id}
				</Text>
			)}
		</Alert>
	);
}
