import { deepEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { Value } from "typebox/value";
import { holdsSecret } from "../core/secret-text.ts";
import { DELIVERED_LIKE, FILTER_TYPES, TEST_EVENT } from "./event-filters.ts";
import { EVENTS } from "./events.ts";

test("every event has a name of the form subject.happened, a sentence, and an example that its schema accepts and that holds no secret", () => {
	for (const [type, { means, data, example }] of Object.entries(EVENTS)) {
		ok(/^[a-z]+\.[a-z_]+$/.test(type) && /^[A-Z].*\.$/.test(means), type);
		deepEqual([...Value.Errors(data, example)], [], type);
		deepEqual(Object.keys(example).sort(), Object.keys(data.properties).sort(), `${type}: the example shows every field`);
		ok(!holdsSecret(JSON.stringify(example)), type);
		ok(!("tenant_id" in example) && !("sequence" in example), `${type}: every delivery has these fields`);
	}
});

test("tests cannot be subscribed to", () => {
	ok(!FILTER_TYPES.includes(TEST_EVENT) && !FILTER_TYPES.includes(DELIVERED_LIKE.type) && FILTER_TYPES.length === Object.keys(EVENTS).length - 2);
});
