import type { Clock } from "../core/clock.ts";
import { ApiError } from "../core/error.ts";
import type { Log } from "../core/log.ts";
import type { Address } from "../core/network.ts";
import type { Peppers } from "../core/pepper.ts";
import type { ExposureRecorder } from "../exposure/recorder.ts";
import type { RefusalRecorder } from "../failures/recorder.ts";
import { Canary } from "../keys/canaries/canary.ts";
import type { LiveImportedFormats } from "../keys/imported/formats.ts";
import { computeDecoy, secretMatches } from "../keys/secrets/mac.ts";
import { isRekeyDue } from "../keys/secrets/rekey.ts";
import type { Node } from "../nodes/node.ts";
import { isUse } from "../usage/code.ts";
import type { Meter } from "../usage/meter.ts";
import type { SourceMemo } from "../usage/sources/memo.ts";
import type { AddressFailures } from "./address-failures.ts";
import { type Instant, runChecks, SITE_NEEDED } from "./checks.ts";
import { cannotBeChecked, type Denial, isAfterSite, isBudgeted, LEASE_LOST, NOT_KNOWN, unavailable } from "./denial.ts";
import { examine } from "./examine.ts";
import { exposedClient, type Grant, isStale } from "./grants/grant.ts";
import type { Grants } from "./grants/grants.ts";
import { isUnknown, UNKNOWN, type Unknown } from "./grants/unknown-names.ts";
import { limitStates } from "./limits/headers.ts";
import { LEASE_NEEDED, type Ledger } from "./limits/ledger.ts";
import { spend } from "./limits/spend.ts";
import { malformed } from "./malformed.ts";
import { decideLater, FORMATS_NEEDED, type Missing, type ReadGrant } from "./missing.ts";
import { digestRawKey, type Presented, RawKeyReader } from "./presented.ts";
import type { Decision, Question } from "./question.ts";

const OPERATIONS_PER_TENANT_MAX = 10_000;

const LEASE_OVER: Decision = { denial: LEASE_LOST, grant: null };

export interface VerifierOptions {
	readonly sources: SourceMemo;
	readonly brand: string;
	readonly peppers: Peppers;
	/** The declared formats of imported keys. */
	readonly imported_formats: LiveImportedFormats;
	readonly node: Node;
	readonly clock: Clock;
	readonly log: Log;
	readonly grants: Grants;
	readonly ledger: Ledger;
	readonly failures: AddressFailures;
	readonly meter: Meter;
	/** Receives requests whose client or connection exposes the secret, and those with a canary key. */
	readonly exposures: Pick<ExposureRecorder, "add" | "addCanary">;
	/** Keeps refusals for their explanation. */
	readonly refusals: Pick<RefusalRecorder, "add">;
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
	readonly #parts: VerifierOptions & { readonly reader: RawKeyReader };

	constructor(options: VerifierOptions) {
		this.#parts = { ...options, reader: new RawKeyReader(options) };
		this.sources = options.sources;
	}

	get brand(): string {
		return this.#parts.brand;
	}

	/** Of quotas and budgets, for the headers of responses. */
	get ledger(): Ledger {
		return this.#parts.ledger;
	}

	now(): Instant {
		const { clock } = this.#parts;
		return { now: clock.now(), monotonic: clock.monotonic() };
	}

	/** The decision, at once when everything that it needs is in memory. Spends and counts. */
	decide(question: Question): Decision | Promise<Decision> {
		const decision = this.#decideWith(question, undefined);
		return "needs" in decision ? this.#decideLater(question, decision) : decision;
	}

	/** The decision without spending or counting. Rejects when the data cannot be read. */
	examine(question: Question): Promise<Decision> {
		return examine(this.#parts, question);
	}

	/** Counts a wrong key that `examine` has found, so that further look-ups for its address go to the slow queue. */
	countWrong(address: Address | null): void {
		this.#parts.failures.refuse(address, NOT_KNOWN);
	}

	/** Keeps the refusal of a request without a key, for the operator. */
	keepWithoutKey(request: Pick<Question, "request_id" | "operation" | "source" | "address">, denial: Denial): void {
		this.#keep(request, denial, { kid: null, proven: false, at_ms: this.#parts.clock.now() });
	}

	/** The whole order of a decision. Without I/O: what is not in memory is returned, and `#decideLater` loads it. */
	#decideWith(question: Question, read: ReadGrant): Decision | Missing {
		const { grants, node, ledger, reader } = this.#parts;
		const { raw_key, site_id } = question;
		const digest = digestRawKey(raw_key);
		const at = this.now();
		let grant = grants.matched(digest);
		if (grant === undefined) {
			const presented = reader.read(raw_key, digest);
			if (presented === null) return reader.mayBeNew(raw_key) ? FORMATS_NEEDED : this.#malformed(question);
			if (!node.lease.holdsAt(at)) return LEASE_OVER;
			const known = read ?? grants.get(presented.name);
			if (known === undefined || (!isUnknown(known) && isStale(known))) return { needs: "grant", grant: null, name: presented.name };
			if (isUnknown(known) || !this.#matches(known, presented, digest)) return this.#wrongSecret(question, presented, known);
			grant = known;
		} else if (!node.lease.holdsAt(at)) return LEASE_OVER;
		const found = runChecks(grant, question, at, site_id === null ? undefined : grants.site(grant.tenant.id, site_id));
		if (found === SITE_NEEDED) return { needs: "site", grant };
		if (!grant.first_use_recorded && (found === null || isUse(found.code))) return { needs: "first_use", grant };
		if (found !== null) return this.#refused(question, grant, found, at);
		const spent = spend(grant, question, at, ledger);
		return spent === LEASE_NEEDED ? { needs: "lease", grant } : this.#counted(question, grant, spent, at);
	}

	#decideLater(question: Question, missing: Missing): Promise<Decision> {
		return decideLater(this.#parts, question, missing, {
			decideWith: (read) => this.#withLimits(this.#decideWith(question, read)),
			onError: (error, grant) => ({ denial: this.#unavailable(error), grant }),
		});
	}

	/** Adds the state of the limits: later decisions may spend before this one is answered. */
	#withLimits(decision: Decision | Missing): Decision | Missing {
		if ("needs" in decision || decision.grant === null) return decision;
		return { ...decision, left: limitStates(decision.grant, this.now(), this.ledger) };
	}

	#malformed(question: Question): Decision {
		const { denial, kid } = malformed(this.brand, question.raw_key);
		return this.#wrong(question, denial, kid);
	}

	#refused(question: Question, grant: Grant, denial: Denial, at: Instant): Decision {
		const { references } = this.#parts.grants;
		if (denial.code !== "too_many_refusals" && isBudgeted(denial)) references.refusalsOf(grant).take(at.monotonic, 1);
		return this.#counted(question, grant, denial, at);
	}

	#counted(question: Question, grant: Grant, denial: Denial | null, at: Instant): Decision {
		const { meter, grants } = this.#parts;
		const site = denial === null || isAfterSite(denial) ? question.site_id : null;
		const place = site === null ? question.operation : `${question.operation} ${site}`;
		const { operations, id } = grant.tenant;
		let operation = operations.get(place);
		if (operation === undefined) {
			operation = meter.operationCounter(id, site, question.operation);
			if (operations.size < OPERATIONS_PER_TENANT_MAX) operations.set(place, operation);
		}
		const { source } = question;
		const counter = grant.counter?.source === source ? grant.counter : grants.references.sources.counterOf(grant, source);
		meter.count(counter, operation, denial === null ? "allowed" : denial.code, at.now);
		if (question.client !== "server" || question.plain_http) this.#exposed(question, grant);
		if (denial !== null) this.#keep(question, denial, { kid: grant.kid, proven: true, at_ms: at.now });
		return { denial, grant };
	}

	#exposed({ client, plain_http, source }: Question, grant: Grant): void {
		const { exposures } = this.#parts;
		const kind = exposedClient(grant, client);
		if (kind !== null) exposures.add(grant.kid, kind, source);
		if (plain_http) exposures.add(grant.kid, "plain_http", source);
	}

	/** Compares the MAC. Later requests with the same text find the grant by digest, at a sixth of the cost. */
	#matches(grant: Grant, presented: Presented, digest: string): boolean {
		const { grants, peppers, onRekeyDue } = this.#parts;
		const identity = { key_id: grant.key_id, kid: grant.kid, tenant_id: grant.tenant.id, environment: grant.environment };
		if (!secretMatches(peppers, identity, presented.secret, grant) || (presented.environment ?? grant.environment) !== grant.environment)
			return false;
		grants.indexDigest(grant, digest);
		if (isRekeyDue(grant, peppers.current.id)) onRekeyDue(grant, presented.secret);
		return true;
	}

	/** Unknown kids, wrong secrets and canary keys must be indistinguishable, in the response and in time: each computes one MAC. */
	#wrongSecret(question: Question, presented: Presented, known: Grant | Unknown): Decision {
		const { peppers, exposures } = this.#parts;
		if (known === UNKNOWN) computeDecoy(peppers, presented.secret);
		else if (known instanceof Canary && known.matches(peppers, presented.environment ?? "", presented.secret))
			exposures.addCanary(known, question.source);
		return this.#wrong(question, NOT_KNOWN, presented.kid);
	}

	#wrong(question: Question, wrong: Denial, kid: string | null): Decision {
		const denial = this.#parts.failures.refuse(question.address, wrong);
		this.#keep(question, denial, { kid, proven: false, at_ms: this.#parts.clock.now() });
		return { denial, grant: null };
	}

	/** Keeps the refusal for its explanation. No I/O; the raw key is not passed on. */
	#keep(
		{ request_id, operation, source, address }: Pick<Question, "request_id" | "operation" | "source" | "address">,
		denial: Denial,
		by: { kid: string | null; proven: boolean; at_ms: number },
	): void {
		if (request_id === null) return;
		const { code, check, facts, detail } = denial;
		this.#parts.refusals.add({ request_id, code, check, facts, detail, operation, source, address: address?.text ?? null, ...by });
	}

	#unavailable(error: unknown): Denial {
		if (error instanceof ApiError && error.code === "unavailable") return unavailable(error.detail, error.metadata);
		this.#parts.log.error({ err: error }, "verification_failed");
		return cannotBeChecked();
	}
}
