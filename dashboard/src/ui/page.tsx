import "./card.css";
import { Box, Group, Stack, Text, Title, VisuallyHidden } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import type { ReactNode } from "react";

interface PageProps {
	readonly title: string;
	/** The state of what the page is about, beside its title. */
	readonly badge?: ReactNode;
	/** One sentence on the purpose of the page. */
	readonly lead?: ReactNode;
	/** The page's one primary action, at the top right. */
	readonly action?: ReactNode;
	/** Link to the parent page. */
	readonly back?: ReactNode;
	readonly children: ReactNode;
}

/** Layout of a signed-in page: heading, lead sentence, primary action. */
export function Page({ title, badge, lead, action, back, children }: PageProps) {
	useDocumentTitle(title);
	return (
		<Stack className="kw-page" gap="lg">
			<Group justify="space-between" align="flex-start" wrap="wrap" gap="sm">
				<Box maw={720} miw={0} flex="1 1 240px">
					{back}
					<Group gap="4px 12px">
						<Title order={1} className="kw-wrap" miw={0}>
							{title}
						</Title>
						{badge}
					</Group>
					{lead !== undefined && (
						<Text component="div" c="dimmed" mt={4}>
							{lead}
						</Text>
					)}
				</Box>
				{action}
			</Group>
			{children}
		</Stack>
	);
}

/** A longer one, such as a name, may be cut. */
const LONG_TITLE = 80;

/** A surface with a heading. */
export function Section({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
	return (
		<Box component="section" className="kw-surface" p="lg" aria-label={title}>
			<Group justify="space-between" align="center" mb="sm" gap="xs">
				<Title order={2} className="kw-wrap" miw={0} lineClamp={2} {...(title.length > LONG_TITLE && { title })}>
					{title}
				</Title>
				{aside}
			</Group>
			{children}
		</Box>
	);
}

interface CardProps {
	readonly title: string;
	/** How many there are, beside the title. */
	readonly count?: number;
	/** A few grey words behind the title. */
	readonly note?: string;
	/** Beside the title, such as a legend. */
	readonly beside?: ReactNode;
	/** At the right of the head, such as a choice or a link. */
	readonly aside?: ReactNode;
	/** Whether the content reaches the edges, as rows with hairlines do. */
	readonly flush?: boolean;
	readonly children: ReactNode;
}

/** A surface with a head of one row. */
export function Card({ title, count, note, beside, aside, flush = false, children }: CardProps) {
	return (
		<section className="kw-surface kw-card" aria-label={title} data-flush={flush || undefined}>
			<div className="kw-card-head">
				<h2>{title}</h2>
				{count !== undefined && <Count>{count}</Count>}
				{note !== undefined && (
					<Text size="xs" c="dimmed">
						{note}
					</Text>
				)}
				{beside}
				{aside !== undefined && <div className="kw-card-aside">{aside}</div>}
			</div>
			<div className="kw-card-body">{children}</div>
		</section>
	);
}

const figures = new Intl.NumberFormat("en");

interface CountProps {
	/** Coloured if it needs a person. */
	readonly meaning?: "attention" | "ended";
	/** What it counts, for screen readers, where the word beside it does not say so. */
	readonly means?: string;
	readonly children: number;
}

/** A number beside a word, as in "Clients 44". */
export function Count({ meaning, means, children }: CountProps) {
	return (
		<span className="kw-count" data-meaning={meaning}>
			{figures.format(children)}
			{means !== undefined && <VisuallyHidden> {means}</VisuallyHidden>}
		</span>
	);
}
