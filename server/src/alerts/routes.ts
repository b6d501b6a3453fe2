import Type from "typebox";
import { pageQuery } from "../http/input/cursor.ts";
import { type Route, route } from "../http/route.ts";
import { acknowledgeAlert, getAlert, listAlerts } from "./alerts.ts";
import { listRules, putRule } from "./rules.ts";
import {
	AlertPage,
	AlertRuleInput,
	AlertRuleSchema,
	AlertRules,
	AlertSchema,
	AlertTestInput,
	AlertTests,
	alertFilter,
	MadeAlertTest,
} from "./schema.ts";
import { type AlertTestContext, listAlertTests, sendAlertTest } from "./send-test.ts";

export const managementAlertRoutes: readonly Route<AlertTestContext>[] = [
	route({
		method: "GET",
		path: "/api/v1/tenants/:tenant_id/alerts",
		access: "viewer",
		summary: "List the alerts, newest first",
		status: 200,
		query: Type.Object({ ...pageQuery, ...alertFilter }, { additionalProperties: false }),
		output: AlertPage,
		run: (context: AlertTestContext, input) => listAlerts(context, input),
	}),
	route({
		method: "GET",
		path: "/api/v1/tenants/:tenant_id/alerts/tests",
		access: "viewer",
		summary: "List the latest test of each rule, with who received it",
		status: 200,
		output: AlertTests,
		run: (context: AlertTestContext, input) => listAlertTests(context, input),
	}),
	route({
		method: "POST",
		path: "/api/v1/tenants/:tenant_id/alerts/tests",
		access: "admin",
		summary: "Send a test alert to those whom a rule alerts",
		status: 202,
		body: AlertTestInput,
		output: MadeAlertTest,
		run: sendAlertTest,
	}),
	route({
		method: "GET",
		path: "/api/v1/tenants/:tenant_id/alerts/:alert_id",
		access: "viewer",
		summary: "Get an alert",
		status: 200,
		output: AlertSchema,
		run: (context: AlertTestContext, input) => getAlert(context, input),
	}),
	route({
		method: "POST",
		path: "/api/v1/tenants/:tenant_id/alerts/:alert_id/acknowledge",
		access: "admin",
		while_suspended: true,
		summary: "Acknowledge an alert: no further reminder is sent",
		status: 200,
		output: AlertSchema,
		run: acknowledgeAlert,
	}),
	route({
		method: "GET",
		path: "/api/v1/tenants/:tenant_id/alert-rules",
		access: "viewer",
		summary: "List the rules by which alerts are raised",
		status: 200,
		output: AlertRules,
		run: (context: AlertTestContext, input) => listRules(context, input),
	}),
	route({
		method: "PUT",
		path: "/api/v1/tenants/:tenant_id/alert-rules",
		access: "admin",
		summary: "Change a rule: whether it is on, its threshold, and who is mailed",
		status: 200,
		body: AlertRuleInput,
		output: AlertRuleSchema,
		run: putRule,
	}),
];
