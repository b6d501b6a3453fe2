/** Spans of time in milliseconds. A day is 24 hours of UTC, which has no daylight saving time. */
export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** For durations of the API, which are in seconds. */
export const DAY_SECONDS = 86_400;
