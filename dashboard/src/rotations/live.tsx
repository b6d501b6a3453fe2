import { useQuery } from "@tanstack/react-query";
import { formatSource, type Live } from "../keys/show-once/live.ts";
import { LiveLineOf } from "../keys/show-once/live-line.tsx";
import { type Rotation, type RotationPath, rotationQuery } from "./queries.ts";

const LIVE_MS = 1_500;

/** The state of arrival of the new key. */
export function liveOfNew(rotation: Rotation | undefined): Live {
	const users = (rotation?.sources ?? []).flatMap((source) => (source.new === null ? [] : [{ source, at: source.new.last_seen_at }]));
	const latest = users.reduce<(typeof users)[number] | null>((found, user) => (found === null || user.at > found.at ? user : found), null);
	if (latest !== null) return { kind: "authenticated", at: latest.at, from: formatSource(latest.source), check_at: null };
	const first = rotation?.steps.find(({ name }) => name === "deployed")?.at ?? null;
	return first === null ? { kind: "waiting" } : { kind: "authenticated", at: first, from: null, check_at: null };
}

/** Turns green at the first request with the new key; ignores requests with the old one. */
export function RotationLive({ path }: { path: RotationPath }) {
	const { data } = useQuery({ ...rotationQuery(path), refetchInterval: LIVE_MS });
	return <LiveLineOf live={liveOfNew(data)} />;
}
