import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { AllowList } from "../core/network.ts";
import type { Peppers } from "../core/pepper.ts";
import { type HeaderFilter, headerFilter, holdsSecret, type SecretTest } from "../core/secret-text.ts";
import type { Database } from "../database/database.ts";
import { ExposureRecorder } from "../exposure/recorder.ts";
import { RefusalRecorder } from "../failures/recorder.ts";
import { holdsImportedKey } from "../keys/imported/format.ts";
import { type LiveImportedFormats, liveImportedFormats } from "../keys/imported/formats.ts";
import { ClockSkew } from "../nodes/clock-skew.ts";
import { Node } from "../nodes/node.ts";
import { Meter } from "../usage/meter.ts";
import { SourceMemo } from "../usage/sources/memo.ts";
import { AddressFailures } from "../verification/address-failures.ts";
import { ExposedKeys } from "../verification/exposed-key.ts";
import { Grants } from "../verification/grants/grants.ts";
import { Ledger } from "../verification/limits/ledger.ts";
import { WindowStore } from "../verification/limits/window-store.ts";
import { Verifier, type VerifierOptions } from "../verification/verifier.ts";

/**
 * Secrets that must not be stored in this instance: keys and tokens made by Keywright, the operator's tokens, and imported keys whose
 * format has a prefix.
 */
export function createSecretTest(options: { readonly operator_token: string; readonly imported_formats: LiveImportedFormats }): SecretTest {
	const tokens = options.operator_token
		.split(",")
		.map((token) => token.trim())
		.filter((token) => token !== "");
	return (text) => holdsSecret(text) || tokens.some((token) => text.includes(token)) || holdsImportedKey(options.imported_formats.known, text);
}

export interface VerificationOptions {
	readonly database: Database;
	readonly verification_database: Database;
	readonly clock: Clock;
	readonly log: Log;
	readonly version: string;
	readonly key_brand: string;
	readonly peppers: Peppers;
	readonly lease_seconds: number;
	readonly auth_failures_per_minute: number;
	readonly operator_token: string;
	readonly trusted_proxies: AllowList | null;
	readonly source_addresses?: boolean;
	readonly without_records?: boolean;
	readonly single_node: boolean;
	readonly onRekeyDue: VerifierOptions["onRekeyDue"];
	readonly onBarrier: (milliseconds: number) => void;
}

/** The components that verify raw keys, wired together; the node has not started yet. */
export interface Verification {
	readonly node: Node;
	readonly skew: ClockSkew;
	readonly meter: Meter;
	readonly grants: Grants;
	readonly ledger: Ledger;
	readonly imported_formats: LiveImportedFormats;
	/** Detects secrets, which must not be stored. */
	readonly holds_secret: SecretTest;
	/** The same for headers that are stored. */
	readonly filterHeader: HeaderFilter;
	readonly verifier: Verifier;
	readonly exposures: ExposureRecorder;
	readonly refusals: RefusalRecorder;
	readonly exposed_keys: ExposedKeys;
}

export function createVerification(options: VerificationOptions): Verification {
	const { database, verification_database, clock, log, peppers } = options;
	const { lease_seconds, version, single_node } = options;
	const skew = new ClockSkew({ clock, log });
	const node = new Node({ database: verification_database, clock, log, lease_seconds, version, single_node, skew, onBarrier: options.onBarrier });
	const without_records = options.without_records ?? false;
	const meter = new Meter({ clock, counts_uses: !without_records });
	const windows = new WindowStore(clock);
	const grants = new Grants({ database: verification_database, node, clock, meter, windows });
	const ledger = new Ledger({ database: verification_database, clock, log });
	const failures = new AddressFailures({ clock, per_minute: options.auth_failures_per_minute });
	const imported_formats = liveImportedFormats({ database, node, log });
	const holds_secret = createSecretTest({ operator_token: options.operator_token, imported_formats });
	const filterHeader = headerFilter(holds_secret, (header) => log.warn({ place: `${header} header` }, "key_exposed"));
	const sources = new SourceMemo({
		addresses: options.source_addresses ?? true,
		filterHeader,
	});
	const exposures = new ExposureRecorder({ database, clock, log });
	const refusals = new RefusalRecorder({ addresses: options.source_addresses ?? true });
	const verifier = new Verifier({
		...{ peppers, imported_formats, node, clock, log, grants, ledger, failures, meter, exposures },
		refusals: without_records ? { add: () => undefined } : refusals,
		sources,
		brand: options.key_brand,
		onRekeyDue: options.onRekeyDue,
	});
	const exposed_keys = new ExposedKeys({ verifier, recorder: exposures, failures, trusted_proxies: options.trusted_proxies, clock, log });
	return { node, skew, meter, grants, ledger, imported_formats, holds_secret, filterHeader, verifier, exposures, refusals, exposed_keys };
}
