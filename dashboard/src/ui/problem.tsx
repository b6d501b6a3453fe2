import { Alert, List, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { ApiError, isApiError } from "../http/api.ts";
import { ChangedMeanwhile } from "../http/meanwhile.ts";

/** The API's details point to a member of the response, which a person does not see. */
const NAMES_ERRORS = "Correct what `errors` names.";

function problemOfError(error: unknown): {
	title: string;
	detail: string;
	request_id: string | null;
	errors: readonly { pointer: string; detail: string }[];
} {
	if (error instanceof ApiError) return error.problem;
	if (error instanceof ChangedMeanwhile) {
		const errors = error.differences.map((detail) => ({ pointer: "", detail }));
		return { title: "This changed meanwhile", detail: "So your change was not sent. Look again, then decide:", request_id: null, errors };
	}
	return { title: "This page failed", detail: "Something in this page went wrong. Reload it to see how things are.", request_id: null, errors: [] };
}

/** "/check_request/path" as "check request, path". */
function formatPointer(pointer: string): string {
	return pointer.slice(1).replaceAll("/", ", ").replaceAll("_", " ");
}

interface ProblemProps {
	readonly error: unknown;
	/** Labels of the form's fields by pointer, such as "/name"; a field without one is shown by its name in the API. */
	readonly labels?: Readonly<Record<string, string>>;
	/** Whether the answer of before is still shown. The notice above the page then says alone that the server does not answer. */
	readonly known?: boolean;
}

/** Shows an error and what to do, announced by screen readers, with the fields that are wrong. Renders nothing without an error. */
export function Problem({ error, labels = {}, known = false }: ProblemProps) {
	if (error === null || error === undefined || (known && isApiError(error, "unreachable"))) return null;
	const { title, detail, request_id, errors } = problemOfError(error);
	const fields = errors.map((entry) => ({ ...entry, name: entry.pointer === "" ? null : (labels[entry.pointer] ?? formatPointer(entry.pointer)) }));
	return (
		<Alert color="red" variant="light" icon={<IconAlertTriangle size={18} aria-hidden="true" />} title={title} role="alert" w="100%">
			<Text size="sm">{detail.replace(NAMES_ERRORS, "Correct:")}</Text>
			{fields.length > 0 && (
				<List size="sm" mt={4}>
					{fields.map(({ pointer, name, detail: fault }) => (
						<List.Item key={`${pointer} ${fault}`} className="kw-wrap">
							{name !== null && <b>{name}</b>} {fault}
						</List.Item>
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
