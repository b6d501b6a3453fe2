import { readAlerts } from "../alerts/store.ts";
import { readEntries } from "../audit/list-store.ts";
import { toEntryResponse } from "../audit/response.ts";
import type { CallerContext } from "../core/caller.ts";
import { DAY_MS } from "../core/time.ts";
import type { DatabaseContext } from "../database/database.ts";
import { type ReadTx, read } from "../database/transaction.ts";
import { keyNotFound } from "../keys/guards.ts";
import { readKeyResponse } from "../keys/response.ts";
import type { KeyAnswer } from "../keys/schema.ts";
import { readKey } from "../keys/store.ts";
import { readSitesById } from "../tenants/sites/store.ts";
import { readKeyUses } from "../usage/by-source/report-store.ts";
import { BY_SOURCE_DAYS } from "../usage/period.ts";
import { readSources } from "../usage/sources/store.ts";
import type { IncidentAnswer } from "./schema.ts";
import { toTimeline } from "./timeline.ts";

const OPERATIONS_MAX = 200;
const ALERTS_MAX = 100;
/** The latest changes of the key. */
const ENTRIES_MAX = 200;

interface Identified {
	readonly tenant_id: string;
	readonly key_id: string;
}

const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);

/**
 * Everything about the exposure of a key, for those who answer it and for the report afterwards: where it was seen, what it could and did touch, and what
 * happened. Also of a key that was never exposed, and of one that has ended. 404 `not_found`.
 */
export async function getIncident(context: DatabaseContext & CallerContext, input: Identified): Promise<IncidentAnswer> {
	const { tenant_id, key_id } = input;
	const now = context.clock.now();
	return read(context, async (tx) => {
		const found = await readKey(tx, tenant_id, key_id);
		if (!found) throw keyNotFound();
		const key = await readKeyResponse(tx, found, now);
		const since = key.exposure.map(({ first_at }) => first_at).sort()[0] ?? null;
		const uses = since === null ? null : await readUses(tx, input, Date.parse(since), now);
		const sites = await readSiteNames(tx, tenant_id, [...(key.site_ids ?? []), ...(uses?.rows ?? []).map(({ site_id }) => site_id)]);
		const clients = await readClients(tx, input, since);
		const alerts = await readAlerts(tx, tenant_id, { key_id }, { after: null, rows_max: ALERTS_MAX });
		const entries = await readEntries(tx, tenant_id, { target: key_id }, { after: null, rows_max: ENTRIES_MAX });
		const audit = entries.map((row) => toEntryResponse(row, context.caller));
		return {
			key: {
				...{ id: key.id, name: key.name, environment: key.environment, status: key.status, owner: key.owner.name },
				exposed_at: key.exposed_at,
			},
			since,
			exposures: key.exposure,
			kept_in: getPlaces(key),
			could: { permissions: [...key.permissions], sites: key.site_ids?.map((id) => toSite(sites, id)) ?? null, allowed_ips: key.allowed_ips },
			did: {
				from: uses?.from ?? null,
				whole: uses?.whole ?? true,
				operations: (uses?.rows ?? []).map(({ site_id, ...use }) => ({ ...use, site: site_id === "" ? null : toSite(sites, site_id) })),
			},
			clients,
			timeline: toTimeline({ exposures: key.exposure, clients, alerts, entries: audit }),
		};
	});
}

/** Counted are whole days, and as many as are kept. */
async function readUses(tx: ReadTx, key: Identified, since: number, now: number) {
	const kept_from = now - (BY_SOURCE_DAYS - 1) * DAY_MS;
	const from = dayOf(Math.max(since, kept_from));
	const rows = await readKeyUses(tx, key, { first: from, last: dayOf(now), rows_max: OPERATIONS_MAX + 1 });
	const listed = rows.slice(0, OPERATIONS_MAX);
	const whole = dayOf(since) >= dayOf(kept_from) && rows.length === listed.length && listed.every(({ operation }) => operation !== "");
	return { from, whole, rows: listed };
}

/** Names by id; a deleted site has none. */
async function readSiteNames(tx: ReadTx, tenant_id: string, site_ids: readonly string[]): Promise<Map<string, string>> {
	const ids = [...new Set(site_ids)].filter((id) => id !== "");
	if (ids.length === 0) return new Map();
	return new Map((await readSitesById(tx, tenant_id, ids)).map(({ id, name }) => [id, name]));
}

function toSite(names: ReadonlyMap<string, string>, id: string) {
	return { id, name: names.get(id) ?? id };
}

function getPlaces(key: KeyAnswer): IncidentAnswer["kept_in"] {
	return key.secrets.flatMap(({ kid, kept_in }) => (kept_in === null ? [] : [{ kid, ...kept_in }]));
}

async function readClients(tx: ReadTx, { tenant_id, key_id }: Identified, since: string | null): Promise<IncidentAnswer["clients"]> {
	const rows = await readSources(tx, tenant_id, key_id);
	return rows.map(({ id, name, network, agent, client, first_seen_at, last_seen_at, requests, refused }) => ({
		...{ id, name, network, program: client ?? agent, requests, refused },
		first_seen_at: first_seen_at.toISOString(),
		last_seen_at: last_seen_at.toISOString(),
		is_new: since !== null && first_seen_at.toISOString() >= since,
	}));
}
