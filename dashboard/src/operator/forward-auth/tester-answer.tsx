import { Box, Group, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { StateBadge } from "../../ui/state-badge.tsx";
import type { Answer } from "./queries.ts";
import { costWords, needsWords } from "./rule.ts";
import { formatOutcome, ruleLine } from "./tester-words.ts";

const NAME_PX = 84;

function Fact({ name, children }: { name: string; children: ReactNode }) {
	return (
		<Group gap={8} wrap="nowrap" align="baseline">
			<Text component="dt" size="sm" c="dimmed" flex={`0 0 ${NAME_PX}px`}>
				{name}
			</Text>
			<Text component="dd" size="sm" m={0} className="kw-wrap" miw={0}>
				{children}
			</Text>
		</Group>
	);
}

interface AnswerProps {
	readonly answer: Answer;
	/** The number of rules in the test. */
	readonly count: number;
	/** Whether the rules have changed since. */
	readonly outdated: boolean;
}

/** The matching rule, the request's tenant, what a key needs, and the response. */
export function TesterAnswer({ answer, count, outdated }: AnswerProps) {
	const { meaning, title, text } = formatOutcome(answer);
	const { tenant_id, site_id, rule, decision } = answer;
	return (
		<Stack gap="sm" data-outcome={meaning} opacity={outdated ? 0.6 : 1}>
			<Box>
				<StateBadge meaning={meaning}>{title}</StateBadge>
				<Text size="sm" mt={6} className="kw-wrap">
					{text}
				</Text>
			</Box>
			<Stack component="dl" gap={4} m={0}>
				<Fact name="Decided by">
					<span className="kw-wrap">{ruleLine(answer, count)}</span>
				</Fact>
				<Fact name="Tenant">{tenant_id === null ? "the key's own" : <span className="kw-mono kw-wrap">{tenant_id}</span>}</Fact>
				{site_id !== null && (
					<Fact name="Site">
						<span className="kw-mono kw-wrap">{site_id}</span>
					</Fact>
				)}
				{rule !== null && <Fact name="Needs">{needsWords(answer)}</Fact>}
				{rule !== null && <Fact name="Spends">{costWords(answer)}</Fact>}
				{decision?.key && (
					<Fact name="Key">
						<bdi className="kw-wrap">{decision.key.name}</bdi>
					</Fact>
				)}
			</Stack>
			{outdated && <Text size="xs">The rules have changed since this was tested.</Text>}
		</Stack>
	);
}
