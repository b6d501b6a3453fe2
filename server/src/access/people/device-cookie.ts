import { timingSafeEqual } from "node:crypto";
import { randomBase62 } from "../../core/id.ts";
import { computeMac, deriveKey, type Peppers } from "../../core/pepper.ts";
import { DAY_SECONDS } from "../../core/time.ts";
import { type CookieRules, cookieLine, cookieValues } from "../../http/session-cookies.ts";

/** How long a device cookie entry lasts. */
const DEVICE_SECONDS = 180 * DAY_SECONDS;
/** People per browser; beyond it the oldest entry is dropped. */
const PEOPLE_PER_DEVICE_MAX = 5;
const NONCE_CHARACTERS = 16;
const MAC_CHARACTERS = 22;
const ENTRY = /^([0-9A-Za-z]{16})\.([0-9a-z]{1,8})\.([0-9A-Za-z_-]{22})$/;

/** Records that a person has signed in with this browser. The MAC covers the person, but the cookie does not reveal who it is. */
interface DeviceEntry {
	readonly nonce: string;
	/** Unix time, s. */
	readonly issued_at: number;
	readonly mac: string;
}

/** The cookie of a known device. It authenticates no one: it only separates the owner's password attempts from those of others. */
export class DeviceCookies {
	readonly #rules: CookieRules;
	/** The current pepper's key first; the others are still accepted. */
	readonly #keys: readonly Buffer[];

	constructor(peppers: Peppers, rules: CookieRules) {
		this.#rules = rules;
		const others = [...peppers.byId.values()].filter(({ id }) => id !== peppers.current.id);
		this.#keys = [peppers.current, ...others].map((pepper) => deriveKey(pepper, "device cookies"));
	}

	/** The id of this browser among the person's; null when the `Cookie` header has no valid, unexpired entry for them. */
	deviceOf(cookie_header: string, person_id: string, now: number): string | null {
		return this.#entries(cookie_header).find((entry) => this.#isOf(entry, person_id, now))?.nonce ?? null;
	}

	/** Returns a `Set-Cookie` value that adds or renews the person's entry. */
	line(cookie_header: string, person_id: string, now: number): string {
		const entries = this.#entries(cookie_header);
		const nonce = this.deviceOf(cookie_header, person_id, now) ?? randomBase62(NONCE_CHARACTERS);
		const others = entries.filter((entry) => entry.nonce !== nonce);
		const issued_at = Math.floor(now / 1_000);
		const [key] = this.#keys;
		const own: DeviceEntry = { nonce, issued_at, mac: key === undefined ? "" : macText(key, person_id, nonce, issued_at) };
		const value = [own, ...others].slice(0, PEOPLE_PER_DEVICE_MAX).map(entryText).join("~");
		return cookieLine(this.#rules, this.#rules.device_name, value, DEVICE_SECONDS);
	}

	#entries(cookie_header: string): DeviceEntry[] {
		const [value = ""] = cookieValues(cookie_header, this.#rules.device_name);
		return value
			.split("~", PEOPLE_PER_DEVICE_MAX)
			.map((text) => ENTRY.exec(text))
			.filter((found) => found !== null)
			.map(([, nonce = "", issued = "", mac = ""]) => ({ nonce, issued_at: Number.parseInt(issued, 36), mac }));
	}

	#isOf({ nonce, issued_at, mac }: DeviceEntry, person_id: string, now: number): boolean {
		if (now / 1_000 - issued_at > DEVICE_SECONDS) return false;
		return this.#keys.some((key) => timingSafeEqual(Buffer.from(mac), Buffer.from(macText(key, person_id, nonce, issued_at))));
	}
}

function macText(key: Buffer, person_id: string, nonce: string, issued_at: number): string {
	return computeMac(key, "kwd1", [person_id, nonce, String(issued_at)])
		.toString("base64url")
		.slice(0, MAC_CHARACTERS);
}

function entryText({ nonce, issued_at, mac }: DeviceEntry): string {
	return `${nonce}.${issued_at.toString(36)}.${mac}`;
}
