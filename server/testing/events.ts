import { Value } from "typebox/value";
import { EVENTS, type EventType } from "../src/outbox/events.ts";

/** What the schemas of docs/events.md refuse of stored events, which have no `tenant_id` and `sequence` yet; a field beside the schema too. */
export function findInvalidEvents(events: readonly Readonly<Record<string, unknown>>[]): string[] {
	return events.flatMap(({ type, data }) => {
		const kind = isEventType(type) ? EVENTS[type] : null;
		if (kind === null) return [`${type} is no event`];
		const others = Object.keys(Object(data)).filter((name) => !(name in kind.data.properties));
		const errors = Value.Errors(kind.data, data).map(({ instancePath, message }) => `${instancePath} ${message}`);
		return [...others.map((name) => `/${name} is not in the schema`), ...errors].map((error) => `${type}: ${error}: ${JSON.stringify(data)}`);
	});
}

function isEventType(type: unknown): type is EventType {
	return typeof type === "string" && type in EVENTS;
}
