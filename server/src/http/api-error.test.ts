import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { operatorRoutes } from "../routes.ts";
import { toApiError } from "./api-error.ts";
import { JSON_BODY_BYTES_MAX } from "./body.ts";
import type { Route } from "./route.ts";

test("a body that is too large is refused with the limit of its route", () => {
	const row = operatorRoutes.find((route) => route.body_bytes_max !== undefined);
	ok(row?.body_bytes_max);
	const detail = (of: Route<never> | null) => toApiError({ code: "FST_ERR_CTP_BODY_TOO_LARGE" }, of)?.detail;
	equal(detail(null), `The body is larger than the ${JSON_BODY_BYTES_MAX} bytes that this route accepts. Send a smaller body.`);
	equal(detail(row), `The body is larger than the ${row.body_bytes_max} bytes that this route accepts. Send a smaller body.`);
});
