import type { ApiKey } from "./queries.ts";

export type AutoRotate = ApiKey["auto_rotate"];

interface ScheduleWords {
	/** The choice. */
	readonly name: string;
	/** What happens, in one sentence. */
	readonly means: string;
}

/** What happens when a key is due to be replaced. */
export const SCHEDULES: readonly (ScheduleWords & { readonly value: AutoRotate })[] = [
	{ value: null, name: "Remind only", means: "Owners, admins and the responsible person are reminded; a person replaces the key." },
	{
		value: "handover",
		name: "Send the responsible person a link",
		means: "The responsible person is mailed a link that shows the new key once, within seven days; until they use it, the old key works as before.",
	},
	{
		value: "self",
		name: "The program rotates it itself",
		means:
			"The program replaces its key with a request of its own, for which it needs the permission key:rotate; if it does not, people are reminded.",
	},
];

export function getSchedule(value: AutoRotate): ScheduleWords {
	return SCHEDULES.find((schedule) => schedule.value === value) ?? { name: "Remind only", means: "" };
}

/** Guarantee: the values of the choice are those of `SCHEDULES`, with an empty text for null. */
export function scheduleFrom(value: string | null): AutoRotate {
	return SCHEDULES.find((schedule) => schedule.value === value)?.value ?? null;
}

/** What a key's page says about a date that comes or has passed while nothing is being replaced. */
export function formatWhatNext(value: AutoRotate, is_over: boolean): string {
	if (value === "handover") {
		return is_over
			? "No link for it waits to be used. The key keeps working; replace it by hand."
			: "At that date its responsible person is mailed a link to the new key. Nothing stops by itself.";
	}
	if (value === "self") {
		return is_over
			? "Its program has not replaced it yet. The key keeps working."
			: "At that date its program is to replace it itself. Nothing stops by itself.";
	}
	return "Nothing stops by itself at that date. Replace it while the old and the new key both work.";
}

/** The name of the server's actor that begins rotations when they are due. */
const SCHEDULE_ACTOR = "rotation schedule";

export function isSchedule(actor: { readonly kind: string | null; readonly name: string | null }): boolean {
	return actor.kind === "system" && actor.name === SCHEDULE_ACTOR;
}
