import "./checklist.css";
import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { SentenceView } from "../alerts/sentence.tsx";
import { sentenceText } from "../alerts/words.ts";
import { useNow } from "../ui/time.tsx";
import { exactTime } from "../ui/time-words.ts";
import type { Item } from "./queries.ts";
import { StatusShape } from "./status-shape.tsx";
import { formatEvidence, formatWhen, STATUS_WORDS, TITLES, withShortNames } from "./words.ts";

/** Actions that only show something. */
const FOR_EVERYONE = /^[^?]+\?tenant=[^&]*$|dialog=check$/;

interface RowProps {
	readonly item: Item;
	/** Whether this person may do what would meet it. */
	readonly manages: boolean;
	/** Whether its action is the one primary button of the page. */
	readonly first?: boolean;
	/** Whether the first button of the page does the same. */
	readonly repeats?: boolean;
}

/** One item: its status, what was found, since when, and what would meet it. */
export function ItemRow({ item, manages, first = false, repeats = false }: RowProps) {
	const now_ms = useNow();
	const sentence = formatEvidence(item, now_ms);
	const { status, action, since, observed_at } = item;
	const at = status === "unknown" ? observed_at : since;
	return (
		<li className="kw-item" data-item={item.item} data-status={status}>
			<StatusShape status={status} />
			<h3>
				{TITLES[item.item]}
				<span className="kw-item-status">: {STATUS_WORDS[status]}</span>
			</h3>
			<p className="kw-item-evidence" title={sentenceText(sentence)}>
				<SentenceView of={withShortNames(sentence)} />
			</p>
			<span className="kw-item-when" title={at === null ? undefined : exactTime(at)}>
				{formatWhen(item, now_ms)}
			</span>
			<span className="kw-item-act kw-never-printed">
				{action !== null && !repeats && (manages || FOR_EVERYONE.test(action.href)) && (
					<Button
						variant={first ? "filled" : "default"}
						size="compact-sm"
						fw={500}
						renderRoot={(props) => <Link {...linkTo(action.href)} {...props} />}
						aria-label={`${action.label}: ${TITLES[item.item]}`}
					>
						{action.label}
					</Button>
				)}
			</span>
		</li>
	);
}

/** The page and its search parameters of a path that the server names. */
function linkTo(href: string): { to: string; search: Record<string, string> } {
	const { pathname, searchParams } = new URL(href, window.location.origin);
	return { to: pathname, search: Object.fromEntries(searchParams) };
}
