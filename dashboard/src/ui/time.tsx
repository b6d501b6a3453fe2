import { Text } from "@mantine/core";
import { useEffect, useState } from "react";
import { exactTime, formatInstant, relativeTime, shortTime } from "./time-words.ts";

const REFRESH_MS = 15_000;

/** Reads the clock at every render, so that a value that arrives between two ticks is never in the future. Re-renders the caller regularly. */
export function useNow(): number {
	const [, setTicks] = useState(0);
	useEffect(() => {
		const timer = setInterval(() => setTicks((ticks) => ticks + 1), REFRESH_MS);
		return () => clearInterval(timer);
	}, []);
	return Date.now();
}

/** A relative time, with the exact one on hover; `never` for null. `short` for narrow places. */
export function Time({ value, never = "never", short = false }: { value: string | null; never?: string; short?: boolean }) {
	const now_ms = useNow();
	if (value === null)
		return (
			<Text component="span" inherit c="dimmed">
				{never}
			</Text>
		);
	return (
		<time dateTime={value} title={exactTime(value)}>
			{short ? shortTime(value, now_ms) : relativeTime(value, now_ms)}
		</time>
	);
}

/** The instant itself, "28 Nov 09:12", where the order of events matters; the exact one on hover. */
export function Instant({ value }: { value: string | null }) {
	if (value === null) return <>never</>;
	return (
		<time dateTime={value} title={exactTime(value)}>
			{formatInstant(value, Date.now())}
		</time>
	);
}
