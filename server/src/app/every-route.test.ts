import { deepEqual, doesNotThrow, equal, match } from "node:assert/strict";
import { suite, test } from "node:test";
import { compileSerializer, serializerOnFirstUse, validatorOnFirstUse } from "../http/compile.ts";
import { compileValidator } from "../http/input/validation.ts";
import type { Route } from "../http/route.ts";
import { everyRoute } from "./every-route.ts";

/** The argument that Fastify passes to a compiler. */
function parts(route: Route<never>) {
	const { method, path: url } = route;
	return {
		inputs: [
			{ schema: route.query, method, url, httpPart: "querystring" },
			{ schema: route.body, method, url, httpPart: "body" },
		].flatMap(({ schema, ...rest }) => (schema ? [{ schema, ...rest }] : [])),
		outputs: typeof route.output === "object" ? [{ schema: route.output, method, url, httpStatus: String(route.status) }] : [],
	};
}

suite("the schemas of every route", () => {
	for (const route of everyRoute({ documents: true })) {
		const { inputs, outputs } = parts(route);
		if (inputs.length + outputs.length === 0) continue;
		test(`${route.method} ${route.path} has schemas that compile`, () => {
			for (const input of inputs) doesNotThrow(() => compileValidator(input));
			for (const output of outputs) doesNotThrow(() => compileSerializer(output));
		});
	}

	test("are compiled on the first use, and report the errors of each call", () => {
		const schema = { type: "object", properties: { name: { type: "string" } }, required: ["name"] };
		const validate = validatorOnFirstUse({ schema, method: "POST", url: "/", httpPart: "body" });
		equal(validate({}), false);
		match(JSON.stringify((validate as { errors?: unknown }).errors), /must have required property 'name'/);
		equal(validate({ name: "a" }), true);
		equal((validate as { errors?: unknown }).errors, null);
		const serialize = serializerOnFirstUse({ schema, method: "POST", url: "/", httpStatus: "200" });
		equal(serialize({ name: "a", secret: "b" }), '{"name":"a"}');
	});
});

/** Fixed here, because tests of roles are generated from the routes: by subject, the reads, and every change with whether it works in a suspended tenant. */
const NOTIFICATION_ROLES: Readonly<
	Record<string, { readonly reads: string; readonly changes: string; readonly while_suspended: readonly string[] }>
> = {
	alerts: { reads: "viewer", changes: "admin", while_suspended: ["POST /:alert_id/acknowledge"] },
	"alert-rules": { reads: "viewer", changes: "admin", while_suspended: [] },
	policy: { reads: "viewer", changes: "admin", while_suspended: [] },
	audit: { reads: "admin", changes: "none", while_suspended: [] },
	webhooks: { reads: "admin", changes: "admin", while_suspended: ["DELETE /:webhook_id"] },
};

test("viewers read alerts, rules and policy; only admins read the audit log and webhooks, and change; few changes work in a suspended tenant", () => {
	for (const [subject, expected] of Object.entries(NOTIFICATION_ROLES)) {
		const base = `/api/v1/tenants/:tenant_id/${subject}`;
		const routes = everyRoute({ documents: true }).filter(({ path }) => path === base || path.startsWith(`${base}/`));
		const [reads, changes] = [routes.filter(({ method }) => method === "GET"), routes.filter(({ method }) => method !== "GET")];
		deepEqual(new Set(reads.map(({ access }) => access)), new Set([expected.reads]), subject);
		deepEqual(new Set(changes.map(({ access }) => access)), new Set(expected.changes === "none" ? [] : [expected.changes]), subject);
		const lasting = changes.filter((route) => route.while_suspended === true).map(({ method, path }) => `${method} ${path.slice(base.length)}`);
		deepEqual(lasting, expected.while_suspended, subject);
	}
});
