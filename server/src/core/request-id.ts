import { systemClock } from "./clock.ts";
import { BASE62, randomBase62 } from "./id.ts";

const PREFIX = "req_";
/** Milliseconds since 1970 in base62: enough until the year 2081. */
const TIME_CHARACTERS = 7;
/** 77 bits: an id cannot be guessed by those who know when its request came. */
const RANDOM_CHARACTERS = 13;
const FORMAT = /^req_[0-9A-Za-z]{20}$/;

let latest_ms = -1;
let latest = "";

function encodeTime(milliseconds: number): string {
	let text = "";
	for (let rest = milliseconds; text.length < TIME_CHARACTERS; rest = Math.floor(rest / 62)) text = (BASE62[rest % 62] ?? "") + text;
	return text;
}

/** A new request id, `req_` and 20 base62 characters. Ids sort by time in bytewise order. `now_ms` is Unix time. */
export function newRequestId(now_ms = systemClock.now()): string {
	if (now_ms !== latest_ms) {
		latest_ms = now_ms;
		latest = PREFIX + encodeTime(now_ms);
	}
	return latest + randomBase62(RANDOM_CHARACTERS);
}

/** When the request came, as Unix time in milliseconds; null for a text that is no request id. */
export function timeOfRequestId(request_id: string): number | null {
	if (!FORMAT.test(request_id)) return null;
	let milliseconds = 0;
	for (const character of request_id.slice(PREFIX.length, PREFIX.length + TIME_CHARACTERS))
		milliseconds = milliseconds * 62 + BASE62.indexOf(character);
	return milliseconds;
}
