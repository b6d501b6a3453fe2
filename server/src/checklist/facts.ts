import type { Environment } from "../keys/secrets/format.ts";

/** Only what happened in these days counts, today included. */
export const WINDOW_DAYS = 30;

/** Where a key was used from in the last 30 days. */
export interface SourceFacts {
	readonly source_id: string;
	readonly network: string;
	readonly agent: string;
	readonly client: string | null;
	readonly last_seen_at: Date;
}

/** An operation as it was counted on some days. */
export interface CountedOperation {
	readonly operation: string;
	/** Whether operations of `POST /verify` named everything that was asked for by then. */
	readonly names_all: boolean;
	/** Whether the forward-auth rules have not changed since. */
	readonly rules_hold: boolean;
}

/** Allowed requests of the last 30 days by what they did. */
export interface UseFacts extends CountedOperation {
	/** Empty for none. */
	readonly site_id: string;
	readonly requests: number;
}

/** What is known about one live key that is not a canary key. */
export interface KeyFacts {
	readonly key_id: string;
	readonly name: string;
	readonly environment: Environment;
	readonly responsible: string | null;
	readonly member_id: string | null;
	/** Whether `member_id` is a member now. */
	readonly is_member: boolean;
	readonly permissions: readonly string[];
	/** Null: every site. */
	readonly site_ids: readonly string[] | null;
	/** Null: any address. */
	readonly allowed_ips: readonly string[] | null;
	readonly rotate_every_days: number | null;
	readonly rotation_due_at: Date | null;
	readonly expires_at: Date | null;
	readonly paused_at: Date | null;
	readonly created_at: Date;
	/** With its right secret; null: never. */
	readonly last_used_at: Date | null;
	/** Where people said that its working secrets are stored. */
	readonly stored_in: readonly string[];
	readonly last_check_at: Date | null;
	/** Uses of working secrets where they must not be, in the last 30 days; null: none. */
	readonly exposed: ExposedFacts | null;
	/** Of the latest rotation that was completed; null: none. */
	readonly rotated_at: Date | null;
	/** When that one was due. */
	readonly rotated_due_at: Date | null;
	readonly sources: readonly SourceFacts[];
	readonly uses: readonly UseFacts[];
	/** Whether some requests of a day are not counted by what they did. */
	readonly overflowed: boolean;
	readonly checks: CheckFacts | null;
}

export interface ExposedFacts {
	readonly kind: string;
	readonly requests: number;
	readonly first_at: Date;
	readonly last_at: Date;
}

/** Successful connectivity checks. */
export interface CheckFacts {
	/** Days with one, of the last seven. */
	readonly days: number;
	/** Today and yesterday (UTC). */
	readonly recent: number;
	/** Sources that made them, of the last seven days. */
	readonly sources: number;
}

export interface SiteFacts {
	readonly id: string;
	readonly name: string;
	readonly environment: string | null;
}

/** Another key that was used from the same source or network. */
export interface Neighbour {
	readonly key_id: string;
	readonly name: string;
	readonly environment: string;
}

/** Keys that are used from each source and network; of each, one production key and one other. */
export class Neighbours {
	readonly #bySource = new Map<string, Neighbour>();
	readonly #byNetwork = new Map<string, Neighbour>();
	/** Whether a key of another environment than production is used at all. */
	readonly others_used: boolean;

	constructor(keys: Iterable<Neighbour & { readonly sources: readonly SourceFacts[] }>) {
		let others_used = false;
		for (const { key_id, name, environment, sources } of keys) {
			if (environment === "prod") continue;
			others_used ||= sources.length > 0;
			for (const { source_id, network } of sources) {
				this.#bySource.set(source_id, { key_id, name, environment });
				this.#byNetwork.set(network, { key_id, name, environment });
			}
		}
		this.others_used = others_used;
	}

	/** The key of another environment than production that this source uses as well. */
	atSource(source_id: string): Neighbour | null {
		return this.#bySource.get(source_id) ?? null;
	}

	atNetwork(network: string): Neighbour | null {
		return this.#byNetwork.get(network) ?? null;
	}
}

/** The latest rehearsal that was not interrupted. */
export interface RehearsalFacts {
	readonly started_at: Date;
	readonly acknowledged_ms: number;
	readonly nodes: number;
	readonly confirmed_at: Date | null;
	readonly confirmed_by: string | null;
}

/** What is known about the rules that watch refused requests. */
export interface MonitoringFacts {
	/** Of these rules, those that are on. */
	readonly enabled: readonly string[];
	/** Whether a person or a program can be reached by an alert at all. */
	readonly can_reach: boolean;
	/** The latest test of a rule that is on, one that was delivered first; null: none. */
	readonly test: { readonly rule: string; readonly tested_at: Date; readonly delivered_at: Date | null; readonly tested_by: string } | null;
	readonly acknowledged_at: Date | null;
	readonly acknowledged_by: string | null;
}

/** What an operation needs. */
export interface OperationNeeds {
	readonly permissions: readonly string[];
	/** Beside those of the permissions. */
	readonly capabilities: readonly string[];
	/** Whether it may need others that the operation does not name. */
	readonly more: boolean;
}

/** What all items of a tenant depend on. */
export interface TenantFacts {
	readonly now: Date;
	readonly sites: readonly SiteFacts[];
	readonly neighbours: Neighbours;
	/** Days without use after which a key is idle: the threshold of the alert rule `key_unused`. */
	readonly idle_days: number;
	/** Null for an operation that is not known any more. */
	readonly needsOf: (use: CountedOperation) => OperationNeeds | null;
	readonly rehearsal: RehearsalFacts | null;
	readonly monitoring: MonitoringFacts;
}
