import type { Meaning } from "../../ui/theme.ts";
import type { Answer } from "./queries.ts";
import { ruleName } from "./rule.ts";

export interface Outcome {
	readonly meaning: Meaning;
	readonly title: string;
	readonly text: string;
}

/** The outcome in words. A key that is refused by itself is refused on every path. */
export function formatOutcome({ refusal, decision }: Pick<Answer, "refusal" | "decision">): Outcome {
	const refused = decision !== null && !decision.allowed ? decision : refusal;
	if (refused === null && decision !== null)
		return { meaning: "good", title: "Let through", text: "Your API gets the request, with who it is in its headers, unless a limit is used up." };
	if (refused) return { meaning: "ended", title: `Refused: ${refused.status} ${refused.code}`, text: refused.detail };
	return {
		meaning: "resting",
		title: "It depends on the key",
		text: "Without a key it is refused (401 key_missing). Paste one to see what it would get.",
	};
}

/** Formats which rule matches. */
export function ruleLine({ rule, rule_index }: Pick<Answer, "rule" | "rule_index">, count: number): string {
	if (rule !== null && rule_index !== null) return `Rule ${rule_index + 1}: ${ruleName(rule)}`;
	return count === 0 ? "There are no rules: any key that works is let through" : "No rule fits";
}
