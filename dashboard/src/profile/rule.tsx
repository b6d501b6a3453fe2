import { Box, Group, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

interface RuleProps {
	readonly title: string;
	/** What holds now; undefined until it is known. */
	readonly value: { readonly title: string; readonly text: string } | undefined;
	/** Opens the form. */
	readonly aside: ReactNode;
	/** The form, once it is open, and what went wrong. */
	readonly children: ReactNode;
}

/** One rule for all keys of the tenant: what holds now, in a line, and its form below it on request. */
export function Rule({ title, value, aside, children }: RuleProps) {
	return (
		<Box component="section" className="kw-row" aria-label={title}>
			<Group justify="space-between" align="flex-start" wrap="nowrap" gap={16} mb={8}>
				<Box miw={0} mih={38}>
					<Title order={3}>{title}</Title>
					{value !== undefined && (
						<Text size="sm" maw={860} className="kw-wrap">
							<b>{value.title}.</b>{" "}
							<Text span inherit c="dimmed">
								{value.text}
							</Text>
						</Text>
					)}
				</Box>
				{aside}
			</Group>
			{children}
		</Box>
	);
}
