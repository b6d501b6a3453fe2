import type { Alert } from "../alerts/alert.ts";
import { summarize } from "../alerts/summary.ts";
import type { EntryAnswer } from "../audit/response.ts";
import type { KeyAnswer } from "../keys/schema.ts";
import type { IncidentAnswer, MomentAnswer } from "./schema.ts";

type Exposures = KeyAnswer["exposure"];

function ofExposure({ first_at, last_at, kind, kid, requests, network, source }: Exposures[number]): MomentAnswer {
	return { at: first_at, kind: "exposed", what: kind, who: null, facts: { kid, requests, network, program: source, last_at } };
}

function ofClient({ first_seen_at, id, name, network, program, requests }: IncidentAnswer["clients"][number]): MomentAnswer {
	return { at: first_seen_at, kind: "new_client", what: "first_seen", who: null, facts: { source_id: id, name, network, program, requests } };
}

function ofAlert(alert: Alert): MomentAnswer[] {
	const { id, rule, raised_at, acknowledged_at, acknowledged_by, resolved_at } = alert;
	const facts = { alert_id: id, rule, summary: summarize(alert) };
	const moments = [
		{ what: "raised", time: raised_at, who: null },
		{ what: "acknowledged", time: acknowledged_at, who: acknowledged_by?.name ?? null },
		{ what: "resolved", time: resolved_at, who: null },
	];
	return moments.flatMap(({ what, time, who }) => (time === null ? [] : [{ at: time.toISOString(), kind: "alert", what, who, facts }]));
}

/** As in the audit log of the dashboard: operators are not named to tenants. */
function whoDid({ kind, name }: EntryAnswer["actor"]): string | null {
	if (kind === "operator") return "The operator";
	return kind === "system" ? null : (name ?? kind);
}

function ofEntry({ id, at, action, actor, request_id }: EntryAnswer): MomentAnswer {
	return { at, kind: "change", what: action, who: whoDid(actor), facts: { entry_id: id, request_id } };
}

/** What happened to the key, the earliest first. What happened at one time keeps its order: seen, then alerted, then changed. */
export function toTimeline(found: {
	readonly exposures: Exposures;
	/** All clients; those that were there before the exposure are no event. */
	readonly clients: IncidentAnswer["clients"];
	readonly alerts: readonly Alert[];
	readonly entries: readonly EntryAnswer[];
}): MomentAnswer[] {
	const { exposures, clients, alerts, entries } = found;
	const moments = [
		...exposures.map(ofExposure),
		...clients.filter(({ is_new }) => is_new).map(ofClient),
		...alerts.flatMap(ofAlert),
		...entries.toReversed().map(ofEntry),
	];
	return moments.sort((a, b) => a.at.localeCompare(b.at));
}
