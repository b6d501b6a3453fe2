import { timingSafeEqual } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import { ApiError } from "../core/error.ts";
import type { Log } from "../core/log.ts";
import type { Peppers } from "../core/pepper.ts";
import type { LiveImportedFormats } from "../keys/imported/formats.ts";
import { explainMistake } from "../keys/secrets/format.ts";
import { secretMac, secretMatches } from "../keys/secrets/mac.ts";
import { isRekeyDue } from "../keys/secrets/rekey.ts";
import type { Node } from "../nodes/node.ts";
import { isUse } from "../usage/code.ts";
import type { Meter } from "../usage/meter.ts";
import type { SourceMemo } from "../usage/sources/memo.ts";
import type { AddressFailures } from "./address-failures.ts";
import { type Instant, runChecks, SITE_NEEDED } from "./checks.ts";
import { cannotBeChecked, type Denial, deny, isAfterSite, isBudgeted, LEASE_LOST, NOT_KNOWN } from "./denial.ts";
import { examine } from "./examine.ts";
import { type Grant, isStale } from "./grants/grant.ts";
import { type Grants, UNKNOWN } from "./grants/grants.ts";
import { REFUSALS, REFUSALS_WINDOW_SECONDS } from "./grants/states.ts";
import type { QuotaLedger } from "./limits/quota.ts";
import { limitStates, refund, type SpentLate, spend } from "./limits/spend.ts";
import type { WindowStore } from "./limits/window-store.ts";
import { digestOf, type Presented, RawKeyReader } from "./presented.ts";
import type { Decision, Question } from "./question.ts";

const ROUNDS_MAX = 10;
const OPERATIONS_PER_TENANT_MAX = 10_000;

const LEASE_OVER: Decision = { denial: LEASE_LOST, grant: null };

export interface VerifierOptions {
	readonly sources: SourceMemo;
	readonly brand: string;
	readonly peppers: Peppers;
	/** The declared formats of imported keys. */
	readonly legacy_formats: LiveImportedFormats;
	readonly node: Node;
	readonly clock: Clock;
	readonly log: Log;
	readonly grants: Grants;
	readonly quotas: QuotaLedger;
	readonly failures: AddressFailures;
	readonly meter: Meter;
	readonly windows: WindowStore;
	/** Called when a secret matched under an old pepper or by its hash alone. Its MAC should be recomputed in the background. */
	readonly onRekeyDue: (grant: Grant, secret: string) => void;
}

/**
 * Verifies raw keys in the contract's fixed order: shape and checksum → grant → MAC → CHECKS → spending → counting. Synchronous and
 * without I/O while its data is in memory.
 */
export class Verifier {
	/** The sources of requests, cached for callers. */
	readonly sources: SourceMemo;
	readonly #options: VerifierOptions;
	readonly #reader: RawKeyReader;
	/** Identity of the decoy MAC for unknown keys. */
	readonly #decoy = { key_id: "key_none", kid: "none", tenant_id: "none", environment: "prod" };

	constructor(options: VerifierOptions) {
		this.#options = options;
		this.sources = options.sources;
		this.#reader = new RawKeyReader(options);
	}

	get brand(): string {
		return this.#options.brand;
	}

	now(): Instant {
		const { clock } = this.#options;
		return { now: clock.now(), monotonic: clock.monotonic() };
	}

	decide(question: Question): Decision | Promise<Decision> {
		const { raw_key } = question;
		const digest = digestOf(raw_key);
		const matched = this.#options.grants.matched(digest);
		if (matched === undefined) return this.#decideUnmatched(question, digest);
		const at = this.now();
		return this.#options.node.lease.holdsAt(at) ? this.#decideMatched(question, matched, at) : LEASE_OVER;
	}

	/** The decision without spending or counting. Rejects when the data cannot be read. */
	examine(question: Question): Promise<Decision> {
		return examine({ ...this.#options, reader: this.#reader }, question);
	}

	/** The slow path: no raw key with this digest has matched. */
	#decideUnmatched(question: Question, digest: string): Decision | Promise<Decision> {
		const presented = this.#reader.read(question.raw_key, digest);
		if (presented === null) return this.#malformed(question);
		const at = this.now();
		if (!this.#options.node.lease.holdsAt(at)) return LEASE_OVER;
		const known = this.#options.grants.get(presented.name);
		if (known === undefined) return this.#decideLater(question, presented, digest);
		if (known === UNKNOWN || !this.#matches(known, presented, digest)) return this.#wrongSecret(question, presented, known === UNKNOWN);
		return this.#decideMatched(question, known, at);
	}

	#malformed(question: Question): Decision | Promise<Decision> {
		if (this.#reader.mayBeNew(question.raw_key)) return this.#decideWithFormats(question);
		return this.#wrong(question, deny("key_invalid", explainMistake(this.#options.brand, question.raw_key).detail));
	}

	async #decideWithFormats(question: Question): Promise<Decision> {
		try {
			await this.#reader.catchUp();
		} catch (error) {
			return { denial: this.#unavailable(error), grant: null };
		}
		return this.decide(question);
	}

	async #decideLater(question: Question, presented: Presented, digest: string): Promise<Decision> {
		const { grants, failures, node } = this.#options;
		try {
			for (let round = 0; round < ROUNDS_MAX; round += 1) {
				const known = grants.get(presented.name) ?? (await grants.fill(presented.name, failures.laneOf(question.address)));
				if (known !== UNKNOWN && isStale(known)) continue;
				const at = this.now();
				if (!node.lease.holdsAt(at)) return LEASE_OVER;
				if (known === UNKNOWN || !this.#matches(known, presented, digest)) return this.#wrongSecret(question, presented, known === UNKNOWN);
				return await this.#late(this.#decideMatched(question, known, at));
			}
		} catch (error) {
			return { denial: this.#unavailable(error), grant: null };
		}
		return { denial: deny("unavailable", "The key is being changed at this moment. Try again shortly.", { retry_after_seconds: 1 }), grant: null };
	}

	#decideMatched(question: Question, grant: Grant, at: Instant): Decision | Promise<Decision> {
		const site = question.site_id === null ? undefined : this.#options.grants.site(grant.tenant.id, question.site_id);
		const found = runChecks(grant, question, at, site);
		if (found === SITE_NEEDED) return this.#decideWithSite(question, grant);
		if (!grant.first_use_recorded && (found === null || isUse(found.code))) return this.#decideFirstUse(question, grant);
		if (found !== null) return this.#refused(question, grant, found, at);
		const spent = spend(grant, question, at, this.#options.quotas, () => this.now());
		if (spent instanceof Promise) return this.#decideSpent(question, grant, at, spent);
		return this.#counted(question, grant, spent, at);
	}

	async #decideWithSite(question: Question, grant: Grant): Promise<Decision> {
		try {
			await this.#options.grants.fillSite(grant.tenant.id, question.site_id ?? "");
		} catch (error) {
			return { denial: this.#unavailable(error), grant };
		}
		return this.#late(this.decide(question));
	}

	/** Commits the first use before the response. A secret that has ended in the meantime is read again. */
	async #decideFirstUse(question: Question, grant: Grant): Promise<Decision> {
		try {
			if (!(await this.#options.grants.firstUses.record(grant))) grant.stale = true;
		} catch (error) {
			return { denial: this.#unavailable(error), grant };
		}
		return this.#late(this.decide(question));
	}

	async #decideSpent(question: Question, grant: Grant, asked: Instant, spending: Promise<SpentLate>): Promise<Decision> {
		try {
			const { denial, left } = await spending;
			if (!this.#options.node.lease.holds()) return LEASE_OVER;
			const at = this.now();
			if (denial === null && isStale(grant)) return this.#late(this.#decideAfterChange(question, grant, asked));
			return { ...this.#counted(question, grant, denial, at), left };
		} catch (error) {
			return { denial: this.#unavailable(error), grant };
		}
	}

	/** The key changed while quota was leased: refunds what was spent and decides again. */
	#decideAfterChange(question: Question, grant: Grant, asked: Instant): Decision | Promise<Decision> {
		refund(grant, question, this.now().monotonic);
		this.#options.quotas.refund(grant.tenant.id, grant.tenant.quota_requests_per_month ?? 0, asked.now, question.cost);
		return this.decide(question);
	}

	/** Snapshots the limits for a decision that is answered in a later turn. Promises already passed through here. */
	#late(decision: Decision | Promise<Decision>): Decision | Promise<Decision> {
		if (decision instanceof Promise || decision.grant === null) return decision;
		return { ...decision, left: limitStates(decision.grant, this.now()) };
	}

	#refused(question: Question, grant: Grant, denial: Denial, at: Instant): Decision {
		if (denial.code !== "too_many_refusals" && isBudgeted(denial)) {
			grant.refusals ??= this.#options.windows.get(grant.key_id, REFUSALS, REFUSALS_WINDOW_SECONDS);
			grant.refusals.take(at.monotonic, 1);
		}
		return this.#counted(question, grant, denial, at);
	}

	#counted(question: Question, grant: Grant, denial: Denial | null, at: Instant): Decision {
		const { meter, grants } = this.#options;
		const site = denial === null || isAfterSite(denial) ? question.site_id : null;
		const place = site === null ? question.operation : `${question.operation} ${site}`;
		const { operations, id } = grant.tenant;
		let operation = operations.get(place);
		if (operation === undefined) {
			operation = meter.operationCounter(id, site, question.operation);
			if (operations.size < OPERATIONS_PER_TENANT_MAX) operations.set(place, operation);
		}
		const { source } = question;
		const counter = grant.counter?.source === source ? grant.counter : grants.sources.counterOf(grant, source);
		meter.count(counter, operation, denial === null ? "allowed" : denial.code, at.now);
		return { denial, grant };
	}

	/** Compares the MAC. Later requests with the same text find the grant by digest, at a sixth of the cost. */
	#matches(grant: Grant, presented: Presented, digest: string): boolean {
		const { grants, peppers, onRekeyDue } = this.#options;
		const identity = { key_id: grant.key_id, kid: grant.kid, tenant_id: grant.tenant.id, environment: grant.environment };
		if (!secretMatches(peppers, identity, presented.secret, grant) || (presented.environment ?? grant.environment) !== grant.environment)
			return false;
		grants.keepMatched(grant, digest);
		if (isRekeyDue(grant, peppers.current.id)) onRekeyDue(grant, presented.secret);
		return true;
	}

	/** Unknown kids and wrong secrets must be indistinguishable, in the response and in time: both compute one MAC. */
	#wrongSecret(question: Question, presented: Presented, unknown: boolean): Decision {
		if (unknown) {
			const mac = secretMac(this.#options.peppers.current, this.#decoy, presented.secret);
			timingSafeEqual(mac, mac);
		}
		return this.#wrong(question, NOT_KNOWN);
	}

	#wrong(question: Question, denial: Denial): Decision {
		return { denial: this.#options.failures.refuse(question.address, denial), grant: null };
	}

	#unavailable(error: unknown): Denial {
		if (error instanceof ApiError && error.code === "unavailable") return deny("unavailable", error.detail, error.facts);
		this.#options.log.error({ err: error }, "verification_failed");
		return cannotBeChecked();
	}
}
