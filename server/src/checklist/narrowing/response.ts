import { OTHER_SOURCES } from "../../usage/sources/source.ts";
import type { Refused, Replay } from "./replay.ts";
import type { SeenSource } from "./requests-store.ts";
import type { RefusedAnswer, ReplayAnswer } from "./schema.ts";

const SHOWN_MAX = 20;
const SUNDAY = 7;

type SeenReplay = Replay & { readonly refused: readonly (Refused & { readonly row: Partial<SeenSource> })[] };

/** The replay with its refused requests by what they did from where, on all days together. */
export function toReplayResponse({ overflowed, refused, ...counts }: SeenReplay, days: { readonly from: Date; readonly to: Date }): ReplayAnswer {
	const groups = Map.groupBy(refused, ({ row, code, certain }) => JSON.stringify([row.operation, row.site_id, row.source_id, code, certain]));
	const all = [...groups.values()].map(toRefused).sort((a, b) => b.requests - a.requests);
	return {
		...{ from: days.from.toISOString(), to: days.to.toISOString() },
		...counts,
		unknown: overflowed > 0,
		refused: all.slice(0, SHOWN_MAX),
		others: all.slice(SHOWN_MAX).reduce((total, { requests }) => total + requests, 0),
	};
}

function toRefused(group: SeenReplay["refused"]): RefusedAnswer {
	const [first] = group;
	if (first === undefined) throw new Error("impossible state: a group without rows");
	const { row, code, certain } = first;
	const { source_id, source_name = null, network, agent = OTHER_SOURCES.agent, client = null } = row;
	const days = [...new Set(group.map((one) => one.row.day))].sort();
	const weekdays = new Set(days.map((day) => new Date(`${day}T00:00:00Z`).getUTCDay() || SUNDAY));
	return {
		...{ operation: row.operation, site_id: row.site_id === "" ? null : row.site_id, code, certain },
		source: source_id === "" ? null : { id: source_id, name: source_name, network, agent, client },
		requests: group.reduce((total, one) => total + one.row.requests, 0),
		...{ weekdays: [...weekdays].sort(), days: days.length, last_day: days.at(-1) ?? row.day },
	};
}
