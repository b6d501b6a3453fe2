import type { ErrorCode } from "../core/error.ts";
import type { CheckName, Facts, FactValue } from "./refusal.ts";

/** A refusal that was stored. */
export interface Refused {
	readonly code: ErrorCode;
	readonly check: CheckName;
	readonly facts: Facts;
	readonly proven: boolean;
}

/** The key of a refusal as it is now, with what does not change once it is true. */
export interface KeyFacts {
	readonly name: string;
	readonly environment: string;
	readonly revoked_at: Date | null;
	readonly revoke_reason: string | null;
	readonly paused_at: Date | null;
	/** When the secret was replaced; null while it is not. */
	readonly replaced_at: Date | null;
	/** The end of the secret that was presented; null if the secret is gone. */
	readonly last4: string | null;
}

export interface Reason {
	readonly summary: string;
	readonly cause: readonly { readonly fact: string; readonly value: FactValue }[];
	readonly cure: string;
}

interface Texts {
	readonly summary: string;
	readonly cure: string;
	/** In addition to what the check knew. */
	readonly facts?: Facts;
}

/** What is known of the refusal: the facts of the check, and the name of its key. */
interface Known {
	readonly facts: Facts;
	readonly key: KeyFacts | null;
	/** `The key "order-bot"`, or what can be said without a key. */
	readonly subject: string;
}

const text = (value: FactValue | undefined): string => (Array.isArray(value) ? value.join(", ") : String(value ?? "unknown"));

const ENVIRONMENTS: ReadonlyMap<string, string> = new Map([
	["prod", "production"],
	["dev", "development"],
]);

/** The name of an environment as people write it. */
function environment(value: FactValue | undefined): string {
	const name = text(value);
	return ENVIRONMENTS.get(name) ?? name;
}

const MISTAKES: Readonly<Record<string, { readonly summary: string; readonly cure: string }>> = {
	wrong_length: { summary: "The key has too many characters.", cure: "Send the key alone, without anything before or after it." },
	trailing_newline: { summary: "A line end follows the key.", cure: "Remove the line end where the key is stored or read." },
	quoted: { summary: "Quotes or brackets surround the key.", cure: "Send the key without them." },
	wrong_checksum: {
		summary: "The key has the right length, but some of its characters differ from what was issued.",
		cure: "Copy the key again; do not type it, and do not change its environment.",
	},
};
const OTHER_MISTAKE = {
	summary: "The text that was sent does not have the form of a key.",
	cure: "Send only the key, as it was issued, in the X-API-Key header.",
};

const REVOKE_REASONS: ReadonlyMap<string, string> = new Map([
	["integration_retired", "its integration was retired"],
	["shared_incorrectly", "it was shared incorrectly"],
	["suspected_exposure", "it may have been exposed"],
	["ownership_changed", "its owner changed"],
]);

function revoked({ subject, key }: Known): Texts {
	const { revoked_at = null, revoke_reason = null } = key ?? {};
	const at = revoked_at === null ? "" : ` at ${revoked_at.toISOString()}`;
	const reason = REVOKE_REASONS.get(revoke_reason ?? "");
	return {
		summary: `${subject} was revoked${at}${reason === undefined ? "" : `: ${reason}`}.`,
		cure: "Ask the owner of the key for a new one: a revoked key never works again.",
		facts: revoked_at === null ? {} : { revoked_at: revoked_at.toISOString(), revoke_reason },
	};
}

const SITES_NAMED = 3;

/** What a key that may access some sites only may access. */
function formatSites(ids: readonly string[]): string {
	if (ids.length === 0) return "none";
	const named = ids.slice(0, SITES_NAMED).join(", ");
	return ids.length > SITES_NAMED ? `${named} and ${ids.length - SITES_NAMED} more` : named;
}

function truncated({ characters, characters_expected }: Facts): Texts {
	const known = typeof characters === "number" && typeof characters_expected === "number";
	return {
		summary: known
			? `The key was cut off: ${characters} of ${characters_expected} characters were sent.`
			: "The key was cut off: characters are missing.",
		cure: "Copy the whole key again, and check how it is stored and read.",
	};
}

function shape({ facts, key }: Known): Texts {
	const { presented_environment } = facts;
	const changed = key !== null && typeof presented_environment === "string" && presented_environment !== key.environment;
	const known = facts.mistake === "truncated" ? truncated(facts) : (MISTAKES[text(facts.mistake)] ?? OTHER_MISTAKE);
	if (!changed || facts.mistake !== "wrong_checksum") return known;
	return {
		summary: `The key was sent as one for ${presented_environment}, but it was issued for ${key.environment}.`,
		cure: `Send the key as it was issued, or use a key made for ${presented_environment}.`,
		facts: { key_environment: key.environment },
	};
}

/** How each check explains its refusals. */
const EXPLANATIONS: Readonly<Record<CheckName, (known: Known) => Texts>> = {
	available: () => ({
		summary: "This server could not verify keys at that moment.",
		cure: "Send the request again after the seconds in Retry-After.",
	}),
	key_present: ({ facts }) => ({
		summary: facts.found_in === undefined ? "No key was sent." : `No key was sent in X-API-Key; one was in the ${text(facts.found_in)}.`,
		cure: "Send the key in the X-API-Key header.",
	}),
	key_shape: shape,
	key_known: ({ key }) => ({
		summary: key === null ? "The key that was sent is not known here." : "The id of the key is known, but its secret was wrong.",
		cure: "Compare the key with the one in your secret manager; it may belong to another instance.",
	}),
	address_failures: () => ({
		summary: "Too many wrong keys came from this address within a minute.",
		cure: "Correct the key, wait for Retry-After, and send the request again.",
	}),
	not_revoked: revoked,
	not_replaced: ({ facts, subject, key }) => {
		const at = key?.replaced_at?.toISOString() ?? facts.replaced_at;
		return {
			summary: at === undefined ? `This secret of ${lower(subject)} was replaced.` : `This secret of ${lower(subject)} was replaced at ${text(at)}.`,
			cure: "Deploy the current secret of the key. If it is lost, ask the owner of the key to replace it.",
			facts: at === undefined ? {} : { replaced_at: at },
		};
	},
	not_expired: ({ facts, subject }) => ({
		summary: `${subject} has been expired since ${text(facts.expired_at)}.`,
		cure: "Ask the owner of the key for a new date or a new key.",
	}),
	not_paused: ({ subject, key }) => ({
		summary: `${subject} was paused.`,
		cure: "Ask the owner of the key to resume it.",
		facts: key?.paused_at ? { paused_at: key.paused_at.toISOString() } : {},
	}),
	tenant_active: () => ({ summary: "The tenant was suspended.", cure: "Ask the operator of this API to reinstate the tenant." }),
	address_allowed: ({ facts, subject }) => ({
		summary: `${subject} may be used from ${text(facts.allowed_ips)} only, and the request came from ${text(facts.network)}.`,
		cure: "Call from an allowed address, or ask the owner of the key to add this one.",
	}),
	client_allowed: ({ facts }) => ({
		summary: `The request came from ${facts.client === "browser" ? "a browser" : "an app"}, where its users can read the key.`,
		cure: "Call the API from your server, and replace the key.",
	}),
	refusals_budget: ({ facts }) => ({
		summary: `More than ${text(facts.refusals_per_minute)} requests with this key were refused within a minute.`,
		cure: "Correct the requests that are refused, then wait for Retry-After.",
	}),
	tenant_matches: ({ facts, subject }) => ({
		summary: `The request named another tenant than the one of ${lower(subject)}, ${text(facts.key_tenant_id)}.`,
		cure: "Use the id of the key's tenant, or a key of the tenant that you mean.",
	}),
	site_visible: ({ facts, subject }) => ({
		summary: Array.isArray(facts.key_site_ids)
			? `The request named a site that ${lower(subject)} may not access. It may access ${formatSites(facts.key_site_ids)}.`
			: "The request named a site that the key's tenant does not have.",
		cure: "Use the id of a site that the key may access, or ask the owner of the key to add the site.",
	}),
	environment_matches: ({ facts, subject }) => ({
		summary: `The site ${text(facts.site_id)} is for ${environment(facts.site_environment)}; ${lower(subject)} is for ${environment(facts.key_environment)}.`,
		cure: `Use a key made for ${environment(facts.site_environment)} at this site, or name a site for ${environment(facts.key_environment)}.`,
	}),
	capability_included: ({ facts }) => ({
		summary: `The plan "${text(facts.plan)}" does not include ${text(facts.capability)}.`,
		cure: "Ask the operator of this API for a plan that includes it.",
		facts: { granted_by: "operator" },
	}),
	permission_held: ({ facts, subject }) => ({
		summary: `${subject} does not have the permission ${text(facts.permission)}.`,
		cure: "Ask an owner or admin of the tenant to add the permission to the key.",
		facts: { granted_by: "owner or admin" },
	}),
	rate_limit: ({ facts }) => ({
		summary: `The limit "${text(facts.limit)}" of ${text(facts.requests)} requests in ${text(facts.window_seconds)} seconds was reached.`,
		cure: "Wait for Retry-After, then send requests more slowly.",
	}),
	quota: ({ facts }) => ({
		summary: `The ${text(facts.requests)} requests of the month were used up; it refills at ${text(facts.refills_at)}.`,
		cure: "Wait until then, or ask the operator of this API for a larger plan.",
	}),
	budget: ({ facts, subject }) => ({
		summary:
			facts.cost === 1
				? `${subject} has used up its budget "${text(facts.budget)}" of ${text(facts.amount)} ${text(facts.unit)}.`
				: `The request costs ${text(facts.cost)}; ${lower(subject)} had less left of its budget "${text(facts.budget)}" of ${text(facts.amount)} ${text(facts.unit)}.`,
		cure:
			typeof facts.refills_at === "string"
				? `Wait until it refills at ${facts.refills_at}, or ask an owner or admin of the tenant for a larger budget.`
				: "Ask an owner or admin of the tenant for a larger budget: waiting does not help.",
		facts: { granted_by: "owner or admin" },
	}),
};

function lower(subject: string): string {
	return subject.charAt(0).toLowerCase() + subject.slice(1);
}

/** Explains a refusal in plain words: what was wrong, by which facts, and what helps. Pure. */
export function explainRefusal(refused: Refused, key: KeyFacts | null): Reason {
	const subject = key === null ? "The key" : `The key "${key.name}"`;
	const { summary, cure, facts } = EXPLANATIONS[refused.check]({ facts: refused.facts, key, subject });
	const all = { ...refused.facts, ...facts, proven: refused.proven };
	return { summary, cure, cause: Object.entries(all).map(([fact, value]) => ({ fact, value })) };
}
