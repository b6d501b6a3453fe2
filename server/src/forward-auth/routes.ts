import type { ChangeContext } from "../audit/change.ts";
import { FORWARD_AUTH } from "../http/forward-auth-problem.ts";
import { directRoute, type Route, route } from "../http/route.ts";
import { getForwardAuthRules, putForwardAuthRules } from "./rules.ts";
import { RULES_BODY_BYTES_MAX, RulesAnswer, RulesInput, TestAnswer, TestInput } from "./schema.ts";
import { type ForwardAuthTestContext, testForwardAuth } from "./tester.ts";

/** The route for proxies: the original request is in headers, or in the path below it. */
export const forwardAuthRoutes: readonly Route<never>[] = [
	directRoute({
		method: "ANY",
		path: FORWARD_AUTH,
		access: "key",
		summary: "Verify the key of the request in X-Forwarded-Method and X-Forwarded-Uri, for a trusted proxy",
		status: 200,
	}),
	directRoute({
		method: "ANY",
		path: `${FORWARD_AUTH}/*`,
		access: "key",
		summary: "Verify the key of a request by its own method and path, for a trusted proxy",
		status: 200,
	}),
];

export const operatorForwardAuthRoutes: readonly Route<ChangeContext & ForwardAuthTestContext>[] = [
	route({
		method: "GET",
		path: "/api/v1/operator/forward-auth-rules",
		access: "operator",
		summary: "Read the rules of forwarded requests",
		status: 200,
		output: RulesAnswer,
		run: getForwardAuthRules,
	}),
	route({
		method: "PUT",
		path: "/api/v1/operator/forward-auth-rules",
		access: "operator",
		confirm: true,
		summary: "Replace all rules of forwarded requests",
		status: 200,
		body: RulesInput,
		body_bytes_max: RULES_BODY_BYTES_MAX,
		output: RulesAnswer,
		run: putForwardAuthRules,
	}),
	route({
		method: "POST",
		path: "/api/v1/operator/forward-auth-rules/test",
		access: "operator",
		stores_no_input: true,
		summary: "Test the response to a forwarded request, with the saved rules or a draft",
		status: 200,
		body: TestInput,
		body_bytes_max: RULES_BODY_BYTES_MAX,
		output: TestAnswer,
		run: testForwardAuth,
	}),
];
