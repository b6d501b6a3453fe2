import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { ApiError, toProblem } from "./api.ts";
import { assertUnchanged, ChangedMeanwhile } from "./meanwhile.ts";

const FIELDS = [
	{ name: "Name", format: ({ name }: { name: string; role: string }) => name },
	{ name: "Role", format: ({ role }: { name: string; role: string }) => role },
];
const SEEN = { name: "Dana", role: "admin" };

test("an object that changed or went away since it was shown is not changed, and what differs is said", async () => {
	const noticed: unknown[] = [];
	const ask = (read: () => Promise<typeof SEEN | null>) =>
		assertUnchanged({ seen: SEEN, read, fields: FIELDS, gone: "It was deleted.", onNow: (now) => noticed.push(now) });
	await ask(async () => ({ ...SEEN }));
	await rejects(
		ask(async () => ({ name: "Dana", role: "viewer" })),
		(error) => {
			deepEqual(error instanceof ChangedMeanwhile && error.differences, ["Role: was “admin”, is now “viewer”."]);
			return true;
		},
	);
	deepEqual(noticed, [{ name: "Dana", role: "viewer" }], "a second attempt is decided by the present state");
	const isGone = (error: unknown) => error instanceof ChangedMeanwhile && error.message === "It was deleted.";
	await rejects(
		ask(async () => null),
		isGone,
	);
	await rejects(
		ask(() => Promise.reject(new ApiError(toProblem({ code: "not_found" }, 404)))),
		isGone,
	);
	await rejects(
		ask(() => Promise.reject(new ApiError(toProblem({ code: "unavailable" }, 503)))),
		(error) => {
			equal(error instanceof ApiError && error.problem.code, "unavailable");
			return true;
		},
	);
});
