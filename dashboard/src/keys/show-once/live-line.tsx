import { Group, Text, VisuallyHidden } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Mailed } from "../../tenants/mailed.tsx";
import { MEANINGS, type Meaning } from "../../ui/theme.ts";
import { liveKeyQuery, liveSourcesQuery } from "../queries.ts";
import { formatAgo, formatSpoken, getLive, type Live } from "./live.ts";

const TICK_MS = 1_000;

const COLORS: Readonly<Record<Live["kind"], string>> = { waiting: "dimmed", refused: "var(--kw-attention)", authenticated: "var(--kw-good)" };
const MEANING: Readonly<Record<Live["kind"], Meaning>> = { waiting: "resting", refused: "attention", authenticated: "good" };

/** Turns green at the first request with the key and names its client. */
export function LiveLine({ tenant_id, key_id }: { tenant_id: string; key_id: string }) {
	const { data: key } = useQuery(liveKeyQuery(tenant_id, key_id));
	const { data: sources } = useQuery(liveSourcesQuery(tenant_id, key_id));
	const live: Live = key === undefined ? { kind: "waiting" } : getLive(key, sources?.data ?? []);
	return (
		<>
			<LiveLineOf live={live} />
			{live.kind === "waiting" && <Mailed>Mails to owners, admins and the responsible member say when it is used for the first time.</Mailed>}
		</>
	);
}

/** Shows the state of arrival that the caller provides. */
export function LiveLineOf({ live }: { live: Live }) {
	const now_ms = useTick();
	const { shape } = MEANINGS[MEANING[live.kind]];
	return (
		<Group gap={8} wrap="nowrap" align="flex-start" data-live={live.kind}>
			<Text span c={COLORS[live.kind]} aria-hidden="true">
				{live.kind === "waiting" ? "◌" : shape}
			</Text>
			<div>
				<Text size="sm" fw={500} c={live.kind === "authenticated" ? "var(--kw-good)" : "inherit"} aria-hidden="true" className="kw-figures kw-wrap">
					{getLine(live, now_ms)}
				</Text>
				{live.kind === "waiting" && (
					<Text size="xs" c="dimmed">
						This line turns green by itself at the first request with the key.
					</Text>
				)}
				{live.kind === "authenticated" && live.check_at !== null && (
					<Text size="xs" c="dimmed" className="kw-figures">
						Connectivity check passed {formatAgo(live.check_at, now_ms)}
					</Text>
				)}
				{live.kind === "refused" && (
					<Text size="xs" c="dimmed">
						The answer that your program got says why, in its code and detail.
					</Text>
				)}
			</div>
			<VisuallyHidden role="status">{formatSpoken(live)}</VisuallyHidden>
		</Group>
	);
}

function getLine(live: Live, now_ms: number): string {
	if (live.kind === "waiting") return "Waiting for the first request";
	if (live.kind === "refused") return `A request was refused ${formatAgo(live.at, now_ms)}, from ${live.from}`;
	return `Authenticated ${formatAgo(live.at, now_ms)}${live.from === null ? "" : ` from ${live.from}`}`;
}

function useTick(): number {
	const [now_ms, setNow] = useState(() => Date.now());
	useEffect(() => {
		const timer = setInterval(() => setNow(Date.now()), TICK_MS);
		return () => clearInterval(timer);
	}, []);
	return now_ms;
}
