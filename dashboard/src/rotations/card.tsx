import { Box, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

interface CardProps {
	readonly title: string;
	/** A few grey words behind the title. */
	readonly note?: string;
	readonly aside?: ReactNode;
	readonly children: ReactNode;
}

/** A card whose rows reach its edges, with a head of 44 px. */
export function Card({ title, note, aside, children }: CardProps) {
	return (
		<Box component="section" className="kw-surface" aria-label={title} style={{ overflow: "hidden" }}>
			<div className="kw-rotation-head">
				<Title order={2} className="kw-rotation-title">
					{title}
				</Title>
				{note !== undefined && (
					<Text size="xs" c="dimmed" className="kw-beside-title">
						{note}
					</Text>
				)}
				{aside}
			</div>
			{children}
		</Box>
	);
}
