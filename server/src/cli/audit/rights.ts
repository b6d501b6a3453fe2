import { canonicalJson } from "../../core/canonical.ts";

/** The rights of a key that are compared with the log. Times as text. */
export const RIGHTS = [
	"environment",
	"permissions",
	"site_ids",
	"allowed_ips",
	"rate_limits",
	"budgets",
	"expires_at",
	"canary",
	"paused",
	"revoked",
] as const;
export type Right = (typeof RIGHTS)[number];
export type KeyRights = Readonly<Record<Right, unknown>>;

const SETS: ReadonlySet<string> = new Set(["permissions", "site_ids", "allowed_ips"]);

/** An entry of a tenant's chain, as far as rights depend on it. */
export interface RightsEntry {
	readonly seq: number;
	readonly at: string;
	readonly action: string;
	readonly target_id: string;
	/** Null once erased. */
	readonly details: Readonly<Record<string, unknown>> | null;
}

interface Known {
	readonly value: unknown;
	/** When the log last said so. */
	readonly at: string;
	readonly seq: number;
}

/** A right that differs from the log. `until` null: it does now. */
export interface RightFinding {
	readonly key_id: string;
	readonly right: Right | "key";
	readonly logged: unknown;
	readonly found: unknown;
	/** It was changed after this; null where the log cannot know. */
	readonly since: string | null;
	readonly until: string | null;
}

function comparable(right: string, value: unknown): string {
	return canonicalJson(SETS.has(right) && Array.isArray(value) ? [...value].sort() : (value ?? null));
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
	return value !== null && typeof value === "object" ? Object.fromEntries(Object.entries(value)) : {};
}

/** The rights of one tenant's keys as its log says them, entry by entry. What the log does not say, such as the rights of imported keys, is not compared. */
export class LoggedRights {
	readonly #keys = new Map<string, Map<Right, Known>>();
	readonly findings: RightFinding[] = [];

	add(entry: RightsEntry): void {
		const { action, target_id, details } = entry;
		if (details === null) return;
		switch (action) {
			case "key.created":
				this.#keys.set(target_id, new Map());
				for (const right of RIGHTS) if (right in details) this.#set(target_id, right, details[right], entry);
				this.#set(target_id, "paused", false, entry);
				return this.#set(target_id, "revoked", false, entry);
			case "keys.imported":
				for (const id of Array.isArray(details.key_ids) ? details.key_ids : []) this.#keys.set(String(id), new Map());
				return;
			case "key.updated":
				return this.#update(entry, asObject(details.before), asObject(details.after));
			case "key.paused":
			case "key.resumed":
				return this.#set(target_id, "paused", action === "key.paused", entry);
			case "key.revoked":
				return this.#set(target_id, "revoked", true, entry);
			case "site.deleted":
				for (const id of Array.isArray(details.unbound_key_ids) ? details.unbound_key_ids : []) this.#unbind(String(id), target_id, entry);
				return;
			default:
				// A replacement may move the end of its key, and its end may move it back.
				if (action.startsWith("rotation.") || action.startsWith("handover.")) this.#keys.get(target_id)?.delete("expires_at");
		}
	}

	#set(key_id: string, right: Right, value: unknown, { at, seq }: RightsEntry): void {
		this.#keys.get(key_id)?.set(right, { value, at, seq });
	}

	/** A change says what it found: another value than the log had said was set outside of Keywright. */
	#update(entry: RightsEntry, before: Readonly<Record<string, unknown>>, after: Readonly<Record<string, unknown>>): void {
		const key_id = entry.target_id;
		const known = this.#keys.get(key_id);
		for (const right of RIGHTS) {
			const logged = known?.get(right);
			if (logged !== undefined && right in before && comparable(right, logged.value) !== comparable(right, before[right]))
				this.findings.push({ key_id, right, logged: logged.value, found: before[right], since: logged.at, until: entry.at });
			if (right in after) this.#set(key_id, right, after[right], entry);
		}
	}

	#unbind(key_id: string, site_id: string, entry: RightsEntry): void {
		const logged = this.#keys.get(key_id)?.get("site_ids");
		if (logged !== undefined && Array.isArray(logged.value))
			this.#set(
				key_id,
				"site_ids",
				logged.value.filter((id) => id !== site_id),
				entry,
			);
	}

	/** Compares a key as it is in the database. */
	compare(key_id: string, present: KeyRights): void {
		const known = this.#keys.get(key_id);
		if (known === undefined) {
			this.findings.push({ key_id, right: "key", logged: null, found: "present", since: null, until: null });
			return;
		}
		for (const [right, { value, at }] of known) {
			if (right === "paused" && known.get("revoked")?.value === true) continue;
			if (comparable(right, value) !== comparable(right, present[right]))
				this.findings.push({ key_id, right, logged: value, found: present[right], since: at, until: null });
		}
	}

	/** The keys that the log knows: each of them must be there. */
	missing(present: ReadonlySet<string>): void {
		for (const [key_id, known] of this.#keys) {
			const since = known.get("revoked")?.at ?? null;
			if (!present.has(key_id)) this.findings.push({ key_id, right: "key", logged: "present", found: null, since, until: null });
		}
	}
}
