import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import Type from "typebox";
import { keyedRoutes, managementRoutes, operatorRoutes, serviceRoutes } from "../routes.ts";
import { type Route, route, runAfterUsage } from "./route.ts";

const shape = { access: "admin", summary: "", status: 204, output: "none", run: () => undefined } as const;

test("usage is aggregated before a route that reads it and before an unforced end of a rotation, and before nothing else", async () => {
	const steps: string[] = [];
	const call = async (declared: Route<unknown>, input: Record<string, unknown>) => {
		steps.push(JSON.stringify(input));
		const aggregate = async () => void steps.push("aggregate");
		await runAfterUsage(declared, () => void steps.push("run"), aggregate)({}, input);
		return steps.splice(0).slice(1);
	};
	const body = Type.Object({ force: Type.Optional(Type.Boolean()) });
	const end = route({ ...shape, method: "POST", path: "/rotations/:rotation_id/complete", body, reads_usage: "unless_forced" });
	deepEqual(await call(route({ ...shape, method: "GET", path: "/usage", reads_usage: true }), {}), ["aggregate", "run"]);
	deepEqual(await call(end, {}), ["aggregate", "run"]);
	deepEqual(await call(end, { force: false }), ["aggregate", "run"]);
	deepEqual(await call(end, { force: true }), ["run"]);
	deepEqual(await call(route({ ...shape, method: "GET", path: "/plans" }), {}), ["run"]);
});

test("no change but the end of a rotation can declare that it reads usage", () => {
	// @ts-expect-error A revocation must not wait for an aggregation.
	route({ ...shape, method: "POST", path: "/api-keys/:key_id/revoke", reads_usage: true });
	// @ts-expect-error Not under the name for the end of a rotation either.
	route({ ...shape, method: "POST", path: "/api-keys/:key_id/revoke", reads_usage: "unless_forced" });
	// @ts-expect-error The end of a rotation may be forced, and then does not wait.
	route({ ...shape, method: "POST", path: "/rotations/:rotation_id/complete", reads_usage: true });
	const every: readonly Route<never>[] = [...keyedRoutes({ documents: true }), ...managementRoutes, ...operatorRoutes, ...serviceRoutes];
	const changes = every.filter(({ reads_usage, method }) => reads_usage !== undefined && method !== "GET");
	deepEqual(
		changes.map(({ path }) => path.replace("/api/v1/", "")),
		[
			"m2m/key/rotate/complete",
			"m2m/key/rotate/cancel",
			"tenants/:tenant_id/api-keys/:key_id/rotations/:rotation_id/complete",
			"tenants/:tenant_id/api-keys/:key_id/rotations/:rotation_id/cancel",
		],
	);
});
