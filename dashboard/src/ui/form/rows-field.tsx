import { ActionIcon, Box, Button, Group, Input, Radio, Stack } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { type ReactNode, useId } from "react";

const NONE = "none";
const OWN = "own";

/** Properties of a field of a row with a fault: a screen reader reads its text with the field. */
export type FaultProps = { readonly error: true; readonly "aria-describedby": string } | Record<string, never>;

export interface RowProps<Row, Fault> {
	/** From 1. */
	readonly place: number;
	readonly row: Row;
	readonly onRow: (row: Row) => void;
	/** The first error of all rows, if it is in this one. */
	readonly fault: Fault | null;
	/** For the field that the fault is about. */
	readonly fault_props: FaultProps;
}

interface RowsProps<Row, Fault> {
	readonly label: string;
	readonly description: string;
	/** The choice without rows, and the one with them. */
	readonly choices: { readonly none: string; readonly own: string };
	/** What one row is: "budget". */
	readonly what: string;
	/** The accessible name of all rows. */
	readonly name: string;
	readonly rows: readonly Row[];
	readonly onRows: (rows: readonly Row[]) => void;
	/** The row that would be added next; null when there are as many as there may be. */
	readonly another: Row | null;
	/** The first error, once the form was validated. */
	readonly fault: Fault | null;
	/** The form's error where it is about no row, such as one of the server. */
	readonly error: ReactNode;
	readonly renderRow: (props: RowProps<Row, Fault>) => ReactNode;
	/** Below a row. */
	readonly renderBelow?: (row: Row) => ReactNode;
}

/** What the plan says, or rows of one's own: each on one line with a button that removes it, its error below it, and a button for one more. */
export function RowsField<Row, Fault extends { readonly index: number; readonly text: string }>(props: RowsProps<Row, Fault>) {
	const { rows, onRows, another, fault, error, what } = props;
	const fault_id = useId();
	return (
		<Box>
			<Radio.Group
				label={props.label}
				description={props.description}
				value={rows.length === 0 ? NONE : OWN}
				onChange={(value) => onRows(value === NONE || another === null ? [] : [another])}
			>
				<Group gap="6px 24px" mt={6}>
					<Radio value={NONE} label={props.choices.none} />
					<Radio value={OWN} label={props.choices.own} />
				</Group>
			</Radio.Group>
			{rows.length > 0 && (
				<Stack gap={8} mt={8} role="group" aria-label={props.name}>
					{rows.map((row, index) => {
						const here = fault?.index === index ? fault : null;
						return (
							// biome-ignore lint/suspicious/noArrayIndexKey: a row has no stable id while it is edited
							<Stack gap={4} key={index}>
								<Group gap={8} wrap="nowrap" className="kw-field-row">
									{props.renderRow({
										place: index + 1,
										row,
										onRow: (changed) => onRows(rows.map((other, at) => (at === index ? changed : other))),
										fault: here,
										fault_props: here === null ? {} : { error: true, "aria-describedby": fault_id },
									})}
									<ActionIcon
										variant="subtle"
										color="gray"
										aria-label={`Remove ${what} ${index + 1}`}
										onClick={() => onRows(rows.filter((_, at) => at !== index))}
									>
										<IconTrash size={16} aria-hidden="true" />
									</ActionIcon>
								</Group>
								{here !== null && (
									<Input.Error id={fault_id} role="alert">
										{here.text}
									</Input.Error>
								)}
								{props.renderBelow?.(row)}
							</Stack>
						);
					})}
					{fault === null && error !== undefined && <Input.Error role="alert">{error}</Input.Error>}
					{another !== null && (
						<Group>
							<Button
								variant="default"
								size="compact-sm"
								leftSection={<IconPlus size={14} aria-hidden="true" />}
								onClick={() => onRows([...rows, another])}
							>
								Add a {what}
							</Button>
						</Group>
					)}
				</Stack>
			)}
		</Box>
	);
}
