import { Button, Text, UnstyledButton } from "@mantine/core";
import { Fragment, useEffect, useRef, useState } from "react";
import { MEANINGS } from "../ui/theme.ts";
import { Time, useNow } from "../ui/time.tsx";
import { toaster } from "../ui/toaster.tsx";
import { useAcknowledge } from "./acknowledge.ts";
import { Cure } from "./cure.tsx";
import type { Alert } from "./queries.ts";
import { namesMailed } from "./reached.ts";
import { SentenceView } from "./sentence.tsx";
import { alertDetail, alertMeaning, alertTitle, sentenceText } from "./words.ts";

interface RowProps {
	readonly tenant_id: string;
	readonly alert: Alert;
	/** Whether it is open in the panel. */
	readonly open: boolean;
	readonly manages: boolean;
	/** Whether its cure is the one primary button of the page. */
	readonly first: boolean;
	readonly onOpen: () => void;
}

/** One alert: what is the matter, what is known about it, since when, and what can be done. */
export function AlertRow({ tenant_id, alert, open, manages, first, onOpen }: RowProps) {
	const now_ms = useNow();
	const { id, rule, status } = alert;
	const meaning = alertMeaning(alert);
	const title = alertTitle(alert, now_ms);
	const is_over = status === "resolved";
	const [pressed, setPressed] = useState(false);
	return (
		<li className="kw-alert" data-alert={id} data-rule={rule} data-status={status} data-open={open || undefined}>
			<span className="kw-shape" data-meaning={meaning} aria-hidden="true">
				{is_over ? "✓" : MEANINGS[meaning].shape}
			</span>
			<UnstyledButton className="kw-alert-what" onClick={onOpen} aria-current={open ? "true" : undefined} title={sentenceText(title)}>
				<Text span size="sm" lh="18px" fw={600} className="kw-alert-title">
					<SentenceView of={title} />
				</Text>
				<Text span size="xs" lh="16px" c="dimmed" className="kw-alert-detail">
					<SentenceView of={alertDetail(alert, now_ms)} />
				</Text>
			</UnstyledButton>
			<span className="kw-alert-when">
				{status === "acknowledged" ? <Acknowledged alert={alert} takes_focus={pressed} /> : <When alert={alert} />}
			</span>
			<span className="kw-alert-acts">
				{!is_over && (
					<Cure tenant_id={tenant_id} alert={alert} manages={manages} variant={first && status === "raised" && manages ? "filled" : "default"} />
				)}
				{status === "raised" && manages && (
					<Acknowledge tenant_id={tenant_id} alert={alert} about={sentenceText(title)} onPressed={() => setPressed(true)} />
				)}
			</span>
		</li>
	);
}

function When({ alert: { raised_at, reminded_at, resolved_at, reached } }: { alert: Alert }) {
	const mailed = namesMailed(reached);
	if (resolved_at !== null)
		return (
			<>
				resolved <Time value={resolved_at} short />
			</>
		);
	return (
		<>
			raised <Time value={raised_at} short />
			{reminded_at !== null && (
				<>
					, reminded <Time value={reminded_at} short />
				</>
			)}
			{mailed !== null && (
				<span data-mailed>
					, mailed to{" "}
					{mailed.names.map(({ id, name }, index) => (
						<Fragment key={id}>
							{index > 0 && ", "}
							<bdi>{name}</bdi>
						</Fragment>
					))}
					{mailed.others > 0 && ` and ${mailed.others} more`}
				</span>
			)}
		</>
	);
}

/** By whom, and when. `takes_focus`: the button had it, which has gone. */
function Acknowledged({ alert: { acknowledged_by, acknowledged_at }, takes_focus }: { alert: Alert; takes_focus: boolean }) {
	const text = useRef<HTMLSpanElement>(null);
	useEffect(() => {
		if (takes_focus) text.current?.focus();
	}, [takes_focus]);
	return (
		<span ref={text} data-acknowledged tabIndex={-1}>
			acknowledged by <bdi title={acknowledged_by?.name}>{acknowledged_by?.name}</bdi>, <Time value={acknowledged_at} short />
		</span>
	);
}

interface AcknowledgeProps {
	readonly tenant_id: string;
	readonly alert: Alert;
	/** What it is about, for screen readers. */
	readonly about: string;
	readonly onPressed: () => void;
}

function Acknowledge({ tenant_id, alert, about, onPressed }: AcknowledgeProps) {
	const { pending, acknowledge } = useAcknowledge(tenant_id, alert);
	async function press(): Promise<void> {
		onPressed();
		if (!(await acknowledge()))
			toaster.failed("It is not acknowledged", "The server refused it or did not answer. Open the alert to see how it is, then try again.");
	}
	return (
		<Button variant="default" size="compact-sm" fw={500} loading={pending} onClick={() => void press()} aria-label={`Acknowledge: ${about}`}>
			Acknowledge
		</Button>
	);
}
